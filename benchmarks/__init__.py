"""Speed comparisons; see README.md in this folder. Not part of the package."""
