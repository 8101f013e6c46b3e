"""Image sets known by name: MNIST and its kin, Omniglot, dSprites, and those made locally."""
