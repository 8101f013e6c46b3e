"""Interoperability: a scikit-learn estimator, and Parquet tables for engines for larger graphs."""
