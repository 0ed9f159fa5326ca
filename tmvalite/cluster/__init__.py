"""Where work is done: here, in other processes, or wherever an executor takes it.

The contract is that of `concurrent.futures`: `submit(function, *arguments)` takes a function of a module and values that can
be sent, and gives a future with `result()`. `executor_of` makes one of None, of a number of processes, or of any object that has
`submit`; `in_order` runs tasks on it. What is done does not depend on where: the results have the same bits.
"""

from tmvalite.cluster.executor import Executor, Here, executor_of, in_order, result_of, submit_once
from tmvalite.cluster.processes import Processes
from tmvalite.cluster.shared_arrays import SharedArrays

__all__ = ["Executor", "Here", "Processes", "SharedArrays", "executor_of", "in_order", "result_of", "submit_once"]
