"""The sections and keys of a job file, each with what it holds and means, and a whole job to begin with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """kinds : the Python types that tomllib may give for it"""

    name: str
    kinds: tuple[type, ...]
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class JobSection:
    """One section. several : it is written `[[name]]`, once for each; named : `[name.X]`, X being a class

    open : keys that are not declared belong to the booking of the method
    """

    name: str
    keys: tuple[Key, ...]
    several: bool = False
    named: bool = False
    open: bool = False


TEXT, NUMBER, LIST = (str,), (int, float), (list,)
ANALYSES = ("classification", "regression", "multiclass")
SAMPLES = ("train", "test")

SECTIONS = (
    JobSection(
        "job",
        (
            Key("name", TEXT, "begins the names of the weight files", required=True),
            Key("dataset", TEXT, "name of the data set: weight files go to <dataset>/weights (dataset)"),
            Key("output", TEXT, "the output ROOT file with test and training events and histograms; none without"),
            Key("analysis", TEXT, "classification, regression or multiclass (by the classes and targets)"),
            Key("options", TEXT, "further options of the Factory, as Transformations=I;N"),
        ),
    ),
    JobSection(
        "data",
        (
            Key("variables", LIST, "inputs: texts 'expression' or 'label := expression'", required=True),
            Key("targets", LIST, "targets of a regression, likewise"),
            Key("spectators", LIST, "what is carried along into the output file"),
            Key("cut", TEXT, "cut of all classes"),
            Key("weight", TEXT, "expression of the event weights of all classes"),
            Key("split", TEXT, "options of PrepareTrainingAndTestTree, such as SplitMode=Random:NormMode=NumEvents"),
        ),
    ),
    JobSection(
        "tree",
        (
            Key("file", TEXT, "a table: data.root:tree, a pattern, a Parquet, NPZ, CSV or HDF5 file", required=True),
            Key("class", TEXT, "class of its events; may be left out in a regression"),
            Key("weight", NUMBER, "factor of all its event weights (1)"),
            Key("cut", TEXT, "cut of this tree"),
            Key("sample", TEXT, "train or test, if its events are not to be split"),
        ),
        several=True,
    ),
    JobSection(
        "class", (Key("cut", TEXT, "cut of the class"), Key("weight", TEXT, "expression of its event weights")), named=True
    ),
    JobSection(
        "method",
        (
            Key("title", TEXT, "names the method and its weight file", required=True),
            Key("type", TEXT, "DL, AE, ... (DL)"),
            Key("options", TEXT, "the option string; options and keys of the training may also be keys of this section"),
        ),
        several=True,
        open=True,
    ),
    JobSection(
        "systematic",
        (
            Key("name", TEXT, "names the uncertainty", required=True),
            Key("up", TEXT, "expression in place of the event weight, or the table of varied events", required=True),
            Key("down", TEXT, "likewise, down", required=True),
            Key("class", TEXT, "the class that is varied (all for weights; needed for tables)"),
        ),
        several=True,
    ),
)
BY_NAME = {section.name: section for section in SECTIONS}

EXAMPLE = """\
# tmvalite train job.toml      trains, tests, writes the weight files
# tmvalite check job.toml      says what this file means, and trains nothing
# tmvalite test job.toml       the tables of results again, from the weight files
# The data: https://root.cern/files/Higgs_data.root

[job]
name = "Higgs"
output = "Higgs.root"
analysis = "classification"

[data]
variables = ["m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb"]
split = "nTrain_Signal=7000:nTrain_Background=7000:SplitMode=Random:NormMode=NumEvents"

[[tree]]
file = "Higgs_data.root:sig_tree"
class = "Signal"

[[tree]]
file = "Higgs_data.root:bkg_tree"
class = "Background"

[[method]]
title = "DNN"
type = "DL"
VarTransform = "G"
Layout = "TANH|64,TANH|64,TANH|64,LINEAR"
WeightInitialization = "GLOROT"
TrainingStrategy = {LearningRate = 1e-3, BatchSize = 128, MaxEpochs = 30, ConvergenceSteps = 10, TestRepetitions = 1}
RandomSeed = 1
"""
