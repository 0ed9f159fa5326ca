"""The DataLoader: declares variables, trees, weights, cuts and the split; reads nothing before the data are needed."""

from __future__ import annotations

import os

from tmvalite.data.info import DataSet, DataSetInfo
from tmvalite.errors import DataError, OptionError
from tmvalite.workflow.arguments import also_named
from tmvalite.workflow.building import build
from tmvalite.workflow.declarations import (
    BACKGROUND,
    SAMPLES,
    SIGNAL,
    Declarations,
    EventList,
    PrepareCall,
    Systematic,
    TreeDeclaration,
    checked_event,
    understand_prepare_call,
)
from tmvalite.workflow.info_views import VARIABLE_COLUMNS, variable_rows
from tmvalite.workflow.loader_info import LoaderInfo
from tmvalite.workflow.loader_names import LoaderNames
from tmvalite.workflow.log import LogSettings
from tmvalite.workflow.small_tables import html_table
from tmvalite.workflow.summary import loader_text
from tmvalite.workflow.types import ETreeType, tree_type


class DataLoader(LoaderNames):
    """DataLoader(name="default"): `name` is the folder of the weight files and of the output file.

    Trees may be added before the variables. Classes are numbered in the order in which they first appear.
    A tree is an uproot tree, a `file.root:tree` string, a dict of arrays, a pandas or an awkward table.

    Example
    -------
    loader = DataLoader("dataset")
    loader.AddVariable("myvar1 := var1+var2", "F")
    loader.AddSignalTree("data.root:TreeS", 1.0)
    loader.AddBackgroundTree({"var1": a, "var2": b, "weight": w}, 1.0)
    loader.SetBackgroundWeightExpression("weight")
    loader.PrepareTrainingAndTestTree("var1 > 0", "SplitMode=Random:NormMode=NumEvents:!V")
    """

    @also_named(thedlName="name", theDlName="name")
    def __init__(self, name="default"):
        self.name = str(name)
        if not self.name.strip() or os.path.isabs(self.name) or ".." in self.name.replace("\\", "/").split("/"):
            raise OptionError(
                f"'{self.name}' cannot name a data set", code="dataset-name", expected="a folder name below the working folder"
            )
        self.log_settings = LogSettings()
        self._info = LoaderInfo(self)
        self.trees: list[TreeDeclaration] = []
        self.event_lists: list[EventList] = []
        self.weights: dict[str, str] = {}
        self.common_weight = ""
        self.cuts: dict[str, str] = {}
        self.systematics: list[Systematic] = []
        self.split_options, self.split_keywords = "", {}
        self._dataset: DataSet | None = None

    # Declarations

    def add_variable(self, expression, title="", unit="", type="F", minimum=0.0, maximum=0.0) -> None:
        """Declare an input variable, `label := expression` or `expression`."""
        self._changed("AddVariable")
        self._info.add_variable(expression, title, unit, type, minimum, maximum)

    def add_variables_array(self, expression, size, type="F", minimum=0.0, maximum=0.0) -> None:
        """Declare `size` variables, the elements of one array branch."""
        self._changed("AddVariablesArray")
        self._info.add_variables_array(expression, size, type, minimum, maximum)

    def add_target(self, expression, title="", unit="", minimum=0.0, maximum=0.0) -> None:
        """Declare a regression target."""
        self._changed("AddTarget")
        self._info.add_target(expression, title, unit, minimum, maximum)

    def add_spectator(self, expression, title="", unit="", minimum=0.0, maximum=0.0) -> None:
        """Declare a column that is only carried along. TMVA scripts pass 'F' as minimum, which TMVA takes for 70."""
        self._changed("AddSpectator")
        minimum, maximum = (ord(m) if isinstance(m, str) and len(m) == 1 else m for m in (minimum, maximum))
        self._info.add_spectator(expression, title, unit, minimum=minimum, maximum=maximum)

    def add_tree(self, tree, class_name, weight=1.0, cut="", sample=ETreeType.kMaxTreeType) -> None:
        """Add a tree of one class; `sample` fixes where its events go ("train", "test" or a tree type)."""
        self._changed("AddTree")
        class_name = str(class_name)
        if tree is None:
            raise DataError(f"the tree for class {class_name} is None", code="tree-none", hint="was it found in its file?")
        if isinstance(tree, os.PathLike) or hasattr(type(tree), "Data"):
            tree = os.fspath(tree) if isinstance(tree, os.PathLike) else str(tree)
        self._info.add_class(class_name)
        self.trees.append(TreeDeclaration(tree, class_name, float(weight), str(cut), SAMPLES[tree_type(sample)]))

    def add_event(self, class_name, sample, values, weight=1.0) -> None:
        """Add one event: the values of all variables, then targets, then spectators.

        Raises
        ------
        DataError
            No variables are declared yet, or the number of values is not that of the declarations.
        """
        self._changed("AddEvent")
        class_name, kind = str(class_name), SAMPLES[tree_type(sample)]
        if kind is None:
            raise OptionError("an event needs a sample", code="tree-type", expected=("Types.kTraining", "Types.kTesting"))
        if not self._info.variables:
            raise DataError(
                "an event was added before any variable was declared", code="call-order", hint="call AddVariable first"
            )
        n_values = sum(len(group) for group in (self._info.variables, self._info.targets, self._info.spectators))
        row, weight = checked_event(values, weight, n_values, f"class {class_name}")
        self._info.add_class(class_name)
        found = next((e for e in self.event_lists if (e.class_name, e.sample) == (class_name, kind)), None)
        if found is None:
            self.event_lists.append(found := EventList(class_name, kind))
        found.rows.append(row)
        found.weights.append(weight)

    def set_weight_expression(self, expression, class_name="") -> None:
        """Set the event weight of a class; without a class, of Signal and Background (framework 4.1)."""
        self._changed("SetWeightExpression")
        if str(class_name):
            self._info.add_class(str(class_name))
            self.weights[str(class_name)] = str(expression)
        else:
            self.common_weight = str(expression)  # which classes it reaches is decided when all classes are known
            self.weights.pop(SIGNAL, None)
            self.weights.pop(BACKGROUND, None)

    def set_cut(self, cut, class_name="") -> None:
        """Replace the cut of a class; without a class, of all classes known so far."""
        self._changed("SetCut")
        for name in self._classes_of(class_name, "SetCut"):
            self.cuts[name] = str(cut)

    def add_cut(self, cut, class_name="") -> None:
        """Join a cut to that of a class as (old)&&(new); without a class, to those of all classes known so far."""
        self._changed("AddCut")
        if not str(cut).strip():
            return
        for name in self._classes_of(class_name, "AddCut"):
            old = self.cuts.get(name, "")
            self.cuts[name] = f"({old})&&({cut})" if old.strip() else str(cut)

    def add_systematic(self, name, up, down, class_name="") -> None:
        """Add a systematic uncertainty: two expressions in place of the event weight, or two tables in place of those of a class.

        Raises OptionError for a name that is taken, or directions of different kinds.
        """
        from tmvalite.workflow.variations import systematic_of

        self.systematics.append(systematic_of(name, up, down, str(class_name), self.systematics))

    def varied(self, name, direction) -> DataSet:
        """The training and test samples of one direction, "up" or "down", of a variation, read anew.

        Raises OptionError for an unknown variation, and whatever `dataset` raises.
        """
        from tmvalite.workflow.variations import varied_data

        return varied_data(self, str(name), str(direction))

    def prepare(self, *args, **keywords) -> None:
        """Say how events are cut, split and normalised; nothing is read yet. See PrepareTrainingAndTestTree."""
        self._changed("PrepareTrainingAndTestTree")
        call: PrepareCall = understand_prepare_call(args, bool(keywords))
        if any(cut.strip() for _, cut in call.cuts) and not self._info.classes:
            raise DataError(
                "a cut was given before any class was declared",
                code="call-order",
                hint="call AddSignalTree, AddBackgroundTree, AddTree or AddRegressionTree first",
            )
        for class_name, cut in call.cuts:
            if not cut.strip():
                continue
            if class_name is not None and class_name not in self._info.classes:
                raise DataError(
                    f"the cut '{cut}' is for class {class_name}, which does not exist",
                    code="class-unknown",
                    expected=tuple(self._info.classes),
                    hint="PrepareTrainingAndTestTree(cut, options) applies one cut to every class",
                )
            self.add_cut(cut, class_name or "")
        self.split_options, self.split_keywords = call.options, dict(keywords)

    def dataset(self, log_settings: LogSettings | None = None) -> DataSet:
        """The training and test samples, read and split at the first call.

        Raises
        ------
        DataError
            Nothing was declared, or the data cannot be used.
        OptionError
            The options of PrepareTrainingAndTestTree cannot be understood.
        """
        if self._dataset is None:
            for missing, call in ((not self._info.variables, "AddVariable"), (not (self.trees or self.event_lists), "AddTree")):
                if missing:
                    what = "variables" if call == "AddVariable" else "data"
                    hint = (
                        "call AddVariable first"
                        if call == "AddVariable"
                        else ("call AddSignalTree and AddBackgroundTree, AddTree, or AddRegressionTree first")
                    )
                    raise DataError(f"data set '{self.name}' has no {what}", code="call-order", hint=hint)
            self._dataset = build(self.declared(), log_settings or self.log_settings)
            info = self._dataset.info
            self._info.adopt(info.variables, info.targets, info.spectators)
        return self._dataset

    def use(self, data: DataSet) -> None:
        """Take other samples in place of those that were read: a fold, or all of them again. See cv_split."""
        self._dataset = data

    def declared(self) -> Declarations:
        """All that was declared, as a value that later calls do not change."""
        names = (self._info.variables, self._info.targets, self._info.spectators, self._info.classes)
        info = DataSetInfo(*map(tuple, names), self.name)
        return Declarations(
            info,
            tuple(self.trees),
            tuple(self.event_lists),
            dict(self.cuts),
            dict(self.weights),
            self.common_weight,
            self.split_options,
            dict(self.split_keywords),
        )

    def _changed(self, call: str) -> None:
        if self._dataset is not None:
            raise DataError(
                f"{call} came after data set '{self.name}' was read",
                code="call-order",
                hint="declare everything before the first BookMethod, or use another DataLoader",
            )

    def _classes_of(self, class_name, call: str) -> list[str]:
        if str(class_name):
            self._info.add_class(str(class_name))
            return [str(class_name)]
        if not self._info.classes:
            raise DataError(
                f"{call} without a class came before any class was declared",
                code="call-order",
                hint="add the trees first, or name the class",
            )
        return list(self._info.classes)

    def __repr__(self):
        return loader_text(self.name, self._info, len(self.trees), self._dataset is not None)

    def _repr_html_(self) -> str:
        return html_table(repr(self), VARIABLE_COLUMNS, variable_rows(self._info))

    def copy(self, name) -> DataLoader:
        """A loader with the same declarations and another name, whose data are read anew."""
        copy = DataLoader(name)
        copy.log_settings = self.log_settings
        copy._info.classes = list(self._info.classes)
        copy._info.adopt(self._info.variables, self._info.targets, self._info.spectators)
        copy.trees, copy.weights, copy.cuts = list(self.trees), dict(self.weights), dict(self.cuts)
        copy.event_lists = [EventList(e.class_name, e.sample, list(e.rows), list(e.weights)) for e in self.event_lists]
        copy.common_weight, copy.systematics = self.common_weight, list(self.systematics)
        copy.split_options, copy.split_keywords = self.split_options, dict(self.split_keywords)
        return copy
