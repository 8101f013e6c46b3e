"""Citations of the datasets, in one line each."""

PLANETOID = (
    "Yang, Cohen, Salakhutdinov: Revisiting Semi-Supervised Learning with Graph Embeddings, "
    "ICML 2016; data from Sen et al.: Collective Classification in Network Data, "
    "AI Magazine 29(3), 2008"
)
KARATE = (
    "Zachary: An Information Flow Model for Conflict and Fission in Small Groups, "
    "Journal of Anthropological Research 33(4), 1977"
)
LES_MISERABLES = "Knuth: The Stanford GraphBase, Addison-Wesley, 1993"
DIGITS = (
    "Alpaydin, Kaynak: Optical Recognition of Handwritten Digits, "
    "UCI Machine Learning Repository, 1998"
)
SEAL = "Zhang, Chen: Link Prediction Based on Graph Neural Networks, NeurIPS 2018 (collected there)"
CA_ASTROPH = (
    "Leskovec, Kleinberg, Faloutsos: Graph Evolution: Densification and Shrinking Diameters, "
    "ACM TKDD 1(1), 2007"
)
OGB = "Hu et al.: Open Graph Benchmark: Datasets for Machine Learning on Graphs, NeurIPS 2020"
BLOGCATALOG = "Tang, Liu: Relational Learning via Latent Social Dimensions, KDD 2009"
MNIST = (
    "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition, "
    "Proceedings of the IEEE 86(11), 1998"
)
FASHION_MNIST = (
    "Xiao, Rasul, Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning "
    "Algorithms, arXiv:1708.07747, 2017"
)
OMNIGLOT = (
    "Lake, Salakhutdinov, Tenenbaum: Human-level Concept Learning through Probabilistic Program "
    "Induction, Science 350(6266), 2015"
)
FREYFACES = (
    "Roweis, Saul: Nonlinear Dimensionality Reduction by Locally Linear Embedding, "
    "Science 290(5500), 2000 (frames of Brendan Frey's face)"
)
DSPRITES = (
    "Matthey, Higgins, Hassabis, Lerchner: dSprites: Disentanglement Testing Sprites Dataset, 2017"
)
MNIST_A = (
    "Vedantam, Fischer, Huang, Murphy: Generative Models of Visually Grounded Imagination, "
    "arXiv:1705.10762, 2017"
)
SPRITES_TOY = "graphvae (generated)"
