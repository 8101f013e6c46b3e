"""Networks with one bottom-up and one top-down pass (Sønderby et al. 2016; Vahdat & Kautz 2020).

A `level.Level` computes p from the state of the top-down pass, and q from the state and the
bottom-up features of the level. `dense` has the levels of a ladder VAE. The levels of NVAE, in
`towers`, consist of residual `cells` of convolutions with weight normalisation. Maps have the shape
[batch, channel, height, width] in channels-last memory, which is faster on CPUs and GPUs.
"""
