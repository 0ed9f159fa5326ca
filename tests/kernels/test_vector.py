"""Functions of explicit-vector code."""

from llvmlite import ir

from tmvalite.kernels.vector import I64, new_function


def test_one_name_in_two_files_is_two_functions():
    module = ir.Module()
    first, second = (new_function(module, owner, "sum_float", [I64]) for owner in ("kernels.reduce", "kernels.convolution_tiles"))
    assert first is not second and first.name != second.name


def test_a_function_is_made_once_per_module():
    module = ir.Module()
    function = new_function(module, "kernels.reduce", "sum_float", [I64])
    assert not function.blocks
    ir.IRBuilder(function.append_basic_block()).ret_void()
    assert new_function(module, "kernels.reduce", "sum_float", [I64]) is function and function.blocks
