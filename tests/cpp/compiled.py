"""Headers compiled with g++ and run on events: what the tests of C++ share."""

import shutil
import subprocess

import numpy as np
import pytest

from tmvalite.cpp import CppClass, CppFunction, header
from tmvalite.cpp.branch_expressions import CppVariables
from tmvalite.cpp.header import identifier
from tmvalite.layers.onnx_form import OnnxForms

COMPILERS = [name for name in ("g++", "clang++") if shutil.which(name)]
needs_compiler = pytest.mark.skipif(not COMPILERS, reason="needs a C++ compiler")
FLAGS = ["-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror"]
NUMBERS = {"float32": "float", "float64": "double"}
MAIN = """
template <typename T>
std::vector<T> numbers(const std::string& name) {
  std::FILE* file = std::fopen(name.c_str(), "rb");
  std::fseek(file, 0, SEEK_END);
  std::vector<T> found(std::ftell(file) / sizeof(T));
  std::rewind(file);
  if (std::fread(found.data(), sizeof(T), found.size(), file) != found.size()) throw std::runtime_error(name);
  std::fclose(file);
  return found;
}
template <typename T>
void write(const std::string& name, const std::vector<T>& values) {
  std::FILE* file = std::fopen(name.c_str(), "wb");
  std::fwrite(values.data(), sizeof(T), values.size(), file);
  std::fclose(file);
}
"""


def compiled(folder, files, body, compiler=None, flags=FLAGS):
    """A program that includes these headers and runs the statements `body`; raises where the compiler warns."""
    includes = [f'#include "{name}"' for name in files] + ["#include <cstdio>"]
    text = "\n".join([*includes, MAIN, "int main() {", *body, "}"])
    (folder / "main.cpp").write_text(text)
    done = subprocess.run(
        [compiler or COMPILERS[0], *flags, "main.cpp", "-o", "main"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[:3000]
    subprocess.run(["./main"], cwd=folder, check=True)


def call(name, getter, x, width, number="float", title="M"):
    """Statements that score the events of `name`.x and write what comes out to `name`.y."""
    return [
        f'{{ auto x = numbers<float>("{name}.x"); std::vector<{number}> y({len(x) * width});',
        f'  Read{identifier(title)}::{getter}(x.data(), {len(x)}, y.data()); write("{name}.y", y); }}',
    ]


def class_of_graph(graph, parameters, precision, title):
    """The text of a header for a graph, its layers alone."""
    forms = OnnxForms(precision)
    names, start = {}, 0
    for value in graph.inputs:
        forms.scope = f"input_{value.name}"
        part = forms.node("Slice", "events", *map(forms.integers, (start, start + value.size, 1)))
        names[value] = forms.reshape(part, (value.size,), value.shape)
        start += value.size
    for node in graph.nodes:
        forms.scope = node.name
        owners = (node,) if node.shared is None else (node.shared, node)
        matrices = {p.name: parameters.get(owner.name, p.name) for owner in owners for p in owner.parameters}
        inputs, shapes = tuple(names[v] for v in node.inputs), tuple(v.shape for v in node.inputs)
        names[node.output] = node.layer.onnx(forms, inputs, shapes, matrices)
    output = graph.outputs[0].value
    function = CppFunction(forms, "evaluate", {"events": (start,)}, ((names[output], "Values", output.size),))
    return header(CppClass(title, (), CppVariables((), (), ()), (function,), None))


def read(folder, name, shape, precision="float32"):
    return np.fromfile(folder / f"{name}.y", precision).reshape(shape)
