"""PDF elements: a histogram with its interpolation, as Gauss transformations and MVAPdfs hold them."""

from __future__ import annotations

import numpy as np

from tmvalite.data.transforms.base import PdfRecord
from tmvalite.io.number_text import parse_numbers
from tmvalite.io.xml_element import XmlElement
from tmvalite.io.xml_writer import XmlWriter

_SETTINGS = ("MinNSmooth", "MaxNSmooth", "InterpolMethod", "KDE_type", "KDE_iter", "KDE_border", "KDE_finefactor")
_DIGITS = 8  # after the point


def read_pdf(element: XmlElement) -> PdfRecord:
    element.check_attributes(("Name", *_SETTINGS))
    element.check_children(("Histogram", "HistogramBinning"))
    element.check_empty_text()
    attributes = {"Name": element.string("Name")} | {name: element.integer_or_number(name) for name in _SETTINGS}
    histogram = element.child("Histogram")
    histogram.check_attributes(("Name", "NBins", "XMin", "XMax", "HasEquidistantBins"))
    histogram.check_children(())
    bins = histogram.integer("NBins", 1)
    contents = parse_numbers(histogram, bins)
    binning = element.optional_child("HistogramBinning")
    edges = None
    if histogram.choice("HasEquidistantBins", ("0", "1")) == "0":
        if binning is None:
            raise element.error("PDF has no element HistogramBinning, although HasEquidistantBins=0", code="xml-missing")
        binning.check_attributes(("NBins",))
        binning.check_children(())
        if binning.integer("NBins", 1) != bins:
            raise binning.error(
                f"HistogramBinning states NBins={binning.string('NBins')}, its Histogram {bins}", code="xml-count"
            )
        edges = parse_numbers(binning, bins + 1)
    elif binning is not None:
        raise binning.error("PDF has a HistogramBinning, although HasEquidistantBins=1", code="xml-unknown")
    return PdfRecord(attributes, histogram.string("Name"), histogram.number("XMin"), histogram.number("XMax"), contents, edges)


def write_pdf(writer: XmlWriter, pdf: PdfRecord) -> None:
    bins = len(pdf.contents)
    with writer.element("PDF", pdf.attributes):
        attributes = {
            "Name": pdf.histogram,
            "NBins": bins,
            "XMin": float(pdf.low),
            "XMax": float(pdf.high),
            "HasEquidistantBins": pdf.edges is None,
        }
        writer.numbers("Histogram", attributes, pdf.contents, _DIGITS, 1, exact=np.float32)
        if pdf.edges is not None:
            writer.numbers("HistogramBinning", {"NBins": bins}, pdf.edges, _DIGITS, 1, exact=np.float64)


def read_pdfs(section: XmlElement) -> list[PdfRecord]:
    """MVAPdfs: nothing, or signal and background."""
    section.check_attributes(())
    section.check_children(("PDF",))
    section.check_empty_text()
    if len(section.children) not in (0, 2):
        raise section.error(f"MVAPdfs has {len(section.children)} PDF elements", code="xml-count", expected="none, or two")
    return [read_pdf(child) for child in section.children]


def write_pdfs(writer: XmlWriter, pdfs: list[PdfRecord]) -> None:
    with writer.element("MVAPdfs", content=bool(pdfs)):
        for pdf in pdfs:
            write_pdf(writer, pdf)
