"""TMVA's names of what a Factory does, with the arguments that C++ and JsMVA scripts give them."""

from __future__ import annotations

from tmvalite.errors import OptionError
from tmvalite.workflow.arguments import also_named
from tmvalite.workflow.configurable import Configurable
from tmvalite.workflow.curves import RocCanvas, RocGraph
from tmvalite.workflow.dataloader import DataLoader
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.members import FACTORY
from tmvalite.workflow.method_face import BookedMethod
from tmvalite.workflow.tuning import Scan
from tmvalite.workflow.types import ETreeType, sample_name

LOADERS = dict.fromkeys(("DataLoader", "dataloader", "datasetname", "datasetName"), "loader")
TITLES = dict.fromkeys(("methodName", "MethodName", "methodTitle", "MethodTitle"), "theMethodName")


class FactoryNames(Configurable):
    """The CamelCase half of Factory."""

    absent = FACTORY

    @also_named(**LOADERS, Method="theMethodName", theMethod="theMethodName", MethodTitle="methodTitle", title="methodTitle")
    def BookMethod(self, loader, theMethodName, methodTitle, theOption="", **keywords):
        """Book a method for the data of a loader: a member of Types or its name, a title, options as a string or as keywords.

        Returns the method, or None with a warning where tmvalite does not have it. Raises OptionError, DataError and FileError.
        """
        return self.book_method(loader, theMethodName, methodTitle, theOption, **keywords)

    def TrainAllMethods(self, workers=None, executor=None):
        """Train every booked method and write its weight file; Ctrl-C keeps the best weights so far and raises JobInterrupted.

        workers : so many processes, or anything with `submit`, do the training steps of networks
        executor : likewise, train whole networks, each as one task
        """
        self.train_all(workers, executor)

    TrainAllMethodsForClassification = TrainAllMethodsForRegression = TrainAllMethods

    def OptimizeAllMethods(self, fomType="ROCIntegral", fitType="Scan", **settings) -> dict[str, Scan]:
        """Scan the ranges of all booked strings, `{16,32,64}`, print a table and book the best choice; before TrainAllMethods.

        Parameters
        ----------
        fomType : str
            ROCIntegral, Separation or SigEffAtBkgEff01; a regression is compared by its RMS.
        fitType : str
            TMVA's words scan every choice; "Random" with choices=20 so many.
        settings
            NumFolds=0 holds a quarter of the training sample out, NumFolds=5 compares on folds; NumWorkerProcs, executor,
            choices, seed.
        """
        return self.optimize_all(str(fomType), str(fitType), **settings)

    OptimizeAllMethodsForClassification = OptimizeAllMethodsForRegression = OptimizeAllMethods

    @also_named(**LOADERS, title="methodTitle")
    def EvaluateImportance(self, loader, vitype, theMethod, methodTitle, theOption="", **settings) -> ImportanceHistogram:
        """What every variable adds: the method is trained on subsets of them and compared on the test sample of the loader.

        Parameters
        ----------
        vitype : VIType
            kShort, one variable left out at a time; kAll, every subset; kRandom, so many drawn ones as `choices` says.
        settings
            choices=10, seed=1, NumWorkerProcs=1, executor.
        """
        return self.evaluate_importance(loader, vitype, theMethod, methodTitle, theOption, **settings)

    def TestAllMethods(self):
        """Apply every trained method to the test events of its data set."""
        self.test_all()

    def EvaluateAllMethods(self):
        """Print and write efficiencies, ROC areas or deviations of every tested method."""
        self.evaluate_all()

    @also_named(**LOADERS, **TITLES)
    def GetROCIntegral(self, loader, theMethodName, iClass=0, type=ETreeType.kTesting) -> float:
        """Exact area on the test sample (or type=Types.kTraining). Two classes: always signal against background."""
        return self.roc_curve(loader, theMethodName, iClass, sample_name(type)).area

    @also_named(**LOADERS, **TITLES)
    def GetROCCurve(self, loader, *args, **keywords):
        """GetROCCurve(loader, title, setTitles=True, iClass=0, type) gives a RocGraph, GetROCCurve(loader, iClass=0, type) all
        methods as a RocCanvas."""
        one = bool(args and not isinstance(args[0], int)) or "theMethodName" in keywords
        names = ("theMethodName", "setTitles", "iClass", "type") if one else ("iClass", "type")
        given = dict(zip(names, args)) | keywords
        if len(args) > len(names) or not set(given) <= set(names):
            raise OptionError(
                "GetROCCurve cannot be called like this", code="call", expected=f"GetROCCurve(loader, {', '.join(names)})"
            )
        i_class, sample = given.get("iClass", 0), sample_name(given.get("type", ETreeType.kTesting))
        if not one:
            return self._canvas(loader, i_class, sample)
        title = given["theMethodName"]
        return RocGraph(str(title), self.roc_curve(loader, title, i_class, sample), bool(given.get("setTitles", True)))

    @also_named(**LOADERS)
    def GetROCCurveAsMultiGraph(self, loader, iClass=0, type=ETreeType.kTesting) -> RocCanvas:
        """The ROC curves of all methods of a data set, of class `iClass`, in one picture."""
        return self._canvas(loader, iClass, sample_name(type))

    def _canvas(self, loader, i_class, sample: str) -> RocCanvas:
        dataset = dataset_name(loader)
        titles = list(self._records.get(dataset, {})) or [""]  # the empty title lets record() say what is missing
        graphs = [RocGraph(title, self.roc_curve(dataset, title, i_class, sample)) for title in titles]
        return RocCanvas(f"ROCCurve {dataset} class {i_class}", graphs)

    @also_named(datasetname="datasetName", title="methodTitle")
    def GetMethod(self, datasetName, methodTitle) -> BookedMethod | None:
        """The method booked for a data set under this title, or None."""
        return self._faces.get(dataset_name(datasetName), {}).get(str(methodTitle))

    @also_named(datasetname="datasetName", title="methodTitle")
    def HasMethod(self, datasetName, methodTitle) -> bool:
        """Whether a method was booked for a data set under this title."""
        return str(methodTitle) in self._records.get(dataset_name(datasetName), {})

    def DeleteAllMethods(self):
        """Forget all methods; the data sets stay."""
        for of_dataset in (*self._records.values(), *self._faces.values()):
            of_dataset.clear()

    def IsSilentFile(self) -> bool:
        """Whether there is no output file."""
        return self.target is None

    def IsModelPersistence(self) -> bool:
        """Whether weight files are written (option ModelPersistence)."""
        return self.options.values.ModelPersistence

    def Print(self, option="") -> None:
        """Print the booked methods as a table."""
        print(self.text())

    def SetVerbose(self, v=True):
        """Say more, or only what is needed."""
        self.log_settings.verbose = bool(v)

    def Verbose(self) -> bool:
        """Whether it says more than it needs to."""
        return self.log_settings.verbose

    def GetName(self) -> str:
        """The name of the job, with which the weight files begin."""
        return self.job


def dataset_name(loader) -> str:
    return loader.name if isinstance(loader, DataLoader) else str(loader)
