"""TMVA's Factory, DataLoader and Reader: thin names over data, methods and evaluation.

Import the classes from the package itself (`tmvalite.Factory`); nothing is loaded here.
"""
