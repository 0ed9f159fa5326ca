"""export: a weight file as a C++ class or an ONNX model."""

from __future__ import annotations

import argparse

from tmvalite.cli.base import Verb, register


@register("export")
class Export(Verb):
    help = "write a trained model as a C++ header or an ONNX file"
    description = "Write the model of a weight file as a C++17 header (.hpp, .hh, .h) or as an ONNX file (.onnx)."

    def declare(self, parser):
        parser.add_argument("weights", metavar="WEIGHTS", help="weight file, or an archive that is packed with gzip")
        parser.add_argument("output", metavar="OUTPUT", help="file to write; its ending says what it is")
        parser.add_argument("--name", metavar="NAME", help="the C++ class is Read<NAME>; by default as the method is called")
        parser.add_argument("--target", metavar="TARGET", default="onnxruntime", help="of ONNX: onnxruntime or sofie")

    def run(self, arguments: argparse.Namespace) -> str:
        import tmvalite
        from tmvalite.errors import OptionError

        ending = arguments.output.rpartition(".")[2].lower()
        if ending not in ("hpp", "hh", "h", "onnx"):
            message = f"'{arguments.output}' says not what to write"
            raise OptionError(message, code="argument", expected="a name that ends in .hpp, .hh, .h or .onnx")
        method = tmvalite.load(arguments.weights)
        if ending == "onnx":
            method.to_onnx(arguments.output, target=arguments.target)
            return f"{arguments.output}: ONNX model of {method.title}, for {arguments.target}"
        if arguments.name and hasattr(method, "set_params"):
            method.set_params(title=arguments.name)
        method.MakeClass(arguments.output)
        return f"{arguments.output}: C++ class of {method.title}"
