"""Disentanglement metrics: Higgins, FactorVAE, MIG, DCI."""
