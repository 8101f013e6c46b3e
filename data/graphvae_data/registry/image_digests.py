"""Digests that pin the pictures: of raw files, of wheels, of made files, of what was read."""

MNIST_WHEEL = "bb853b0768a5295eea440449ca254a9e16cc8a6269ede066604466ea755dbf49"
DSPRITES_WHEEL = "40221b6ea0bfbcae4f9d81b03946b9469eb41b33e2cc18f182e2c2b5296f3fc9"

DSPRITES_BITS = "c0adeb2939f2eb7ada982732e97c6204839b7b17de03e4114326ae6977446fe7"
OMNIGLOT_28 = "4c8736904737fd69c67de8d23020542c4ed52118be8a291d0a11a0a559dd3516"

DIGITS_IMAGES = "67e67d6ed4753c3e5acbb5c036b68ea13ee4d1accb18b06607e9c52eb9a60b99"
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
"""sha256 of MNIST's files, plain."""
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
"""sha256 of MNIST's files as its authors gzipped them."""
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
"""sha256 of Fashion-MNIST's files as its authors gzipped them."""
OMNIGLOT_ZIP: dict[str, str] = {
    "images_background.zip": "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
    "images_evaluation.zip": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
}
"""sha256 of Omniglot's archives as its authors spread them."""
OMNIGLOT_TAR: dict[str, str] = {
    "omniglot_png105_goldesel23_8aae456.tar.gz": (
        "b6ad039024c7514d0a6c2ac06a5dbab5c602762d3e67ebce108b35b1b8edee4c"
    ),
}
"""sha256 of the same drawings in one archive."""
FREYFACES: dict[str, str] = {
    "freyfaces.pkl": "3b69410c6a5fd6e03f09012905168be3712373a094a776f7e58fcd0670d2138a",
}
"""sha256 of the pickled frames."""
DSPRITES: dict[str, str] = {
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz": (
        "857dc001287e8efa226e0025fac6b29e5745c621b380b0d3363e4e33f4e28fa2"
    ),
}
"""sha256 of the published archive."""
