"""Networks with one bottom-up and one top-down pass (Sønderby et al. 2016; Vahdat & Kautz 2020).

A `level.Level` reads p from the state of the top-down pass, and q from the state and the features
that the bottom-up pass left for it. `dense` has the levels of a ladder VAE. Those of NVAE, in
`towers`, consist of residual `cells`, and these of convolutions with weight normalisation. Inside,
maps are [batch, channel, height, width] in channels-last memory, the faster one on CPUs and GPUs.
"""
