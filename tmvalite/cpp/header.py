"""The text of a C++17 header: constants, one function a program, and the class that TMVA's MakeClass would have written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from tmvalite.cpp.branch_expressions import CppVariables
from tmvalite.cpp.constant_arrays import ConstantArrays
from tmvalite.cpp.operators import emit
from tmvalite.cpp.program import Program, Shape
from tmvalite.layers.onnx_form import OnnxForms

INCLUDES = "algorithm cmath cstddef cstdint cstring limits stdexcept string vector".split()
KEYWORDS = frozenset(
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const constexpr const_cast continue "
    "decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int "
    "long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public register return short "
    "signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid "
    "typename union unsigned using virtual void volatile wchar_t while xor xor_eq".split()
)
# What TMVA's own classes derive from; a program that includes one of them has it already.
READER = """\
#ifndef IClassifierReader__def
#define IClassifierReader__def
class IClassifierReader {
 public:
  IClassifierReader() : fStatusIsClean(true) {}
  virtual ~IClassifierReader() {}
  virtual double GetMvaValue(const std::vector<double>& inputValues) const = 0;
  bool IsStatusClean() const { return fStatusIsClean; }

 protected:
  bool fStatusIsClean;
};
#endif
"""


@dataclass(frozen=True)
class CppFunction:
    """One function of the class: from events (N, width) float32 to some results.

    results : (name of the value in the forms, name of the method that gives it, width)
    """

    forms: OnnxForms
    name: str
    inputs: dict[str, Shape]
    results: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class CppClass:
    """What a header says: `functions` take the transformed-to-be variables, or codes; the first one is the whole model."""

    title: str
    remarks: tuple[str, ...]
    variables: CppVariables
    functions: tuple[CppFunction, ...]
    mva: str | None  # which result of the first function GetMvaValue gives, by the name of its method


def identifier(title: str) -> str:
    """A title as a name in C++.

    >>> identifier("DNN 1"), identifier("2d")
    ('DNN_1', '_2d')
    """
    name = re.sub(r"\W", "_", title, flags=re.ASCII)
    return f"_{name}" if not name or name[0].isdigit() or name in KEYWORDS else name


def header(made: CppClass) -> str:
    """The whole file."""
    name, arrays = identifier(made.title), ConstantArrays()
    functions = [_function(one, arrays) for one in made.functions]
    guard = f"TMVALITE_READ_{name}"
    lines = [f"// {line}".rstrip() for line in made.remarks]
    lines += [f"#ifndef {guard}", f"#define {guard}", "", *(f"#include <{one}>" for one in INCLUDES), ""]
    lines += [READER, _shipped("runtime.hpp")]
    if any("tmvalite::" in text for text in made.variables.texts):
        lines.append(_shipped("expressions.hpp"))
    lines += [f"namespace tmvalite_{name} {{", "", *arrays.lines, ""]
    for function in functions:
        lines += [*function, ""]
    lines += [f"}}  // namespace tmvalite_{name}", "", *_class(made, name), "", "#endif", ""]
    return "\n".join(lines)


def _shipped(file: str) -> str:
    return resources.files("tmvalite.cpp").joinpath(file).read_text("utf-8")


def _function(function: CppFunction, arrays: ConstantArrays) -> list[str]:
    program = Program(function.forms, function.inputs, arrays, [value for value, _, _ in function.results])
    for node in program.nodes:
        emit(program, node)
    given = [f"const {program.number}* in{i}" for i in range(len(function.inputs))]
    results = [f"{program.number}* out{i}" for i in range(len(function.results))]
    body = program.body([(value, f"out{i}") for i, (value, _, _) in enumerate(function.results)])
    return [f"inline void {function.name}({', '.join((*given, *results))}) {{", *(f"  {line}" for line in body), "}"]


def _class(made: CppClass, name: str) -> list[str]:
    whole = made.functions[0]
    number = "float" if whole.forms.dtype == "float32" else "double"
    lines = [
        f"class Read{name} : public IClassifierReader {{",
        " public:",
        "  // Branches that the variables are computed from, and the variables themselves, in their order.",
        f"  static std::vector<std::string> BranchNames() {{ return {_texts(made.variables.branches)}; }}",
        f"  static std::vector<std::string> VariableNames() {{ return {_texts(made.variables.expressions)}; }}",
        "",
        f"  Read{name}() {{}}",
        "  // As TMVA's classes: the names of the variables, which must be those of the training.",
        f"  explicit Read{name}(const std::vector<std::string>& theInputVars) {{",
        "    if (theInputVars != VariableNames()) fStatusIsClean = false;",
        "  }",
        "",
        "  // The variables of one event from the values of its branches, in the order of BranchNames().",
        "  static std::vector<double> Variables(const std::vector<double>& b) {",
        f"    Check(b.size(), {len(made.variables.branches)});",
        "    return {",
        *(f"        {text}," for text in made.variables.texts),
        "    };",
        "  }",
        "",
        "  double GetMvaValue(const std::vector<double>& inputValues) const override {",
    ]
    if made.mva:
        lines += [f"    return {made.mva}(inputValues)[0];", "  }"]
    else:
        lines += [
            "    Check(inputValues.size(), VariableNames().size());",
            "    return std::numeric_limits<double>::quiet_NaN();  // this method has no such value",
            "  }",
        ]
    for function in made.functions:
        for i, (_, method, width) in enumerate(function.results):
            lines += _getter(function, i, method, width, number, name)
    lines += [
        "",
        " private:",
        "  static void Check(std::size_t given, std::size_t expected) {",
        "    if (given == expected) return;",
        '    const auto wanted = std::to_string(expected) + " values, not " + std::to_string(given);',
        '    throw std::invalid_argument("expected " + wanted);',
        "  }",
        "};",
    ]
    return lines


def _getter(function: CppFunction, place: int, method: str, width: int, number: str, name: str) -> list[str]:
    """One event as vectors, and many events, row by row."""
    (size,) = (shape[0] for shape in function.inputs.values())
    others = [w for _, _, w in function.results]
    buffers = ", ".join("to" if i == place else f"unused{i}" for i in range(len(others)))
    unused = [f"    {number} unused{i}[{w}];" for i, w in enumerate(others) if i != place]
    convert = [] if number == "float" else [f"    double row[{size}];"]
    row = "x + i * VARIABLES" if number == "float" else "row"
    return [
        "",
        f"  std::vector<double> {method}(const std::vector<double>& inputValues) const {{",
        f"    Check(inputValues.size(), {size});",
        f"    float x[{size}];",
        f"    {number} y[{width}];",
        f"    for (std::size_t i = 0; i < {size}; ++i) x[i] = static_cast<float>(inputValues[i]);",
        f"    {method}(x, 1, y);",
        f"    return std::vector<double>(y, y + {width});",
        "  }",
        f"  // x ({'n'}, {size}) row by row -> y (n, {width}); an event with a NaN gets NaN.",
        f"  static void {method}(const float* x, std::size_t n, {number}* y) {{",
        *unused,
        *convert,
        "    for (std::size_t i = 0; i < n; ++i) {",
        f"      const float* from = x + i * {size};",
        f"      {number}* to = y + i * {width};",
        *([] if number == "float" else [f"      std::copy(from, from + {size}, row);"]),
        f"      tmvalite_{name}::{function.name}({row.replace('x + i * VARIABLES', 'from')}, {buffers});",
        f"      if (std::any_of(from, from + {size}, [](float value) {{ return std::isnan(value); }}))",
        f"        std::fill(to, to + {width}, std::numeric_limits<{number}>::quiet_NaN());",
        "    }",
        "  }",
    ]


def _texts(values: Sequence[str]) -> str:
    return "{" + ", ".join(text_literal(value) for value in values) + "}"


def text_literal(text: str) -> str:
    """A text between quotes, in ASCII."""
    found = []
    for byte in text.encode("utf-8"):
        letter = chr(byte)
        found.append(f"\\{letter}" if letter in '"\\' else letter if 32 <= byte < 127 else f"\\{byte:03o}")
    return f'"{"".join(found)}"'
