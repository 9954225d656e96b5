"""Datasets: folders of files that change as a whole, from one version to the next."""
