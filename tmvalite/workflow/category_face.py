"""AddMethod: the categories of a booked MethodCategory."""

from __future__ import annotations

from tmvalite.methods import MethodCategory
from tmvalite.workflow.arguments import also_named
from tmvalite.workflow.info_views import DataSetInfoView, described
from tmvalite.workflow.members import METHOD
from tmvalite.workflow.method_booking import made
from tmvalite.workflow.method_face import BookedMethod, MethodFace
from tmvalite.workflow.results import MethodRecord
from tmvalite.workflow.types import method_type


class BookedCategory(BookedMethod):
    """A MethodCategory of a Factory."""

    absent = {name: sentence for name, sentence in METHOD.items() if name != "AddMethod"}

    @also_named(cut="theCut", variables="theVariables", method="theMethod", title="theTitle", options="theOptions")
    def AddMethod(self, theCut, theVariables, theMethod, theTitle, theOptions="", **keywords):
        """Add a category: its cut, the labels of its variables joined by ':' ("" for all), and the method for its events.

        The cut reads variables and spectators. Returns the method, or None with a warning where tmvalite does not have it.

        Raises
        ------
        OptionError, ExpressionError
            Options, labels or a cut that cannot be understood.
        """
        category, record = self.method, self._record
        title, chosen, info = str(theTitle), method_type(theMethod), record.data.info
        method = made(chosen, title, str(theOptions), record.analysis_type, list(info.classes), keywords)
        if method is None:
            return None
        with method.diagnostics.telling():
            own = category.add(_text(theCut), str(theVariables), method, info)
        method.diagnostics.issue()
        mode = getattr(record.data.report, "norm_mode", "None")
        category.norm = None if mode == "None" else mode
        record.persistent = record.persistent and category.writes_file
        return MethodFace(method, described(own), "", self._job)


def _text(cut) -> str:
    """A cut as text: a str, or a TCut, whose title it is."""
    return str(cut.GetTitle()) if hasattr(cut, "GetTitle") else str(cut)


def face_of(record: MethodRecord, view: DataSetInfoView, job: str) -> BookedMethod:
    """What BookMethod gives."""
    return (BookedCategory if isinstance(record.method, MethodCategory) else BookedMethod)(record, view, job)
