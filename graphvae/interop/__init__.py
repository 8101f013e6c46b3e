"""Other tools: scikit-learn, and Parquet tables for engines for bigger graphs."""
