"""How many threads there are, and how much work a call into a kernel gives them."""

from __future__ import annotations

import os

CALL_SECONDS = 0.1  # no call into a kernel takes longer, so that Ctrl-C is answered
FLOPS_PER_SECOND = 1e10  # a pessimistic machine, for the estimate
THREAD_FLOPS = 1e7  # with less to do, about 100 us, more threads cost more than they give


def available_threads() -> int:
    """Threads this process may use: CPU affinity, the cgroup's limit, OMP_NUM_THREADS and TMVALITE_THREADS; the least."""
    limits = [len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1]
    for name in ("OMP_NUM_THREADS", "TMVALITE_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isascii() and text.isdigit() and int(text) > 0:
            limits.append(int(text))
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
        if quota != "max":
            limits.append(max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no such limit on this system
    return max(1, min(limits))
