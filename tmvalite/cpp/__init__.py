"""Models as C++: a header that depends on nothing but the standard library."""

from tmvalite.cpp.branch_expressions import cpp_variables
from tmvalite.cpp.header import CppClass, CppFunction, header
