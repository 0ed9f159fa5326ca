"""Tasks give the same wherever they run: here, in new processes, in a pool that somebody else made."""

import copy
import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from tests.cluster import tasks
from tmvalite.cluster import Here, Processes, SharedArrays, executor_of, in_order
from tmvalite.cluster.executor import shares_files
from tmvalite.errors import OptionError, TrainingError


@pytest.mark.parametrize("given", [None, 1])
def test_without_workers_everything_is_done_here_in_order_and_nothing_after_a_failure(given):
    done = []

    def work(x):
        done.append(x)
        if x == 3:
            raise ValueError(x)
        return 2 * x

    with executor_of(given) as executor:
        assert isinstance(executor, Here)
        results = in_order(executor, work, [1, 2, 3, 4])
        assert [next(results), next(results)] == [2, 4]
        with pytest.raises(ValueError):
            next(results)
    assert done == [1, 2, 3]


def test_any_executor_serves_and_stays_open():
    with ThreadPoolExecutor(2) as pool:
        with executor_of(pool) as executor:
            assert list(in_order(executor, tasks.doubled, range(5))) == [0, 2, 4, 6, 8]
        assert pool.submit(tasks.doubled, 3).result() == 6
        assert shares_files(pool) and not shares_files(object())


@pytest.mark.parametrize("given", [0, -2, "many", 1.5])
def test_what_runs_no_tasks_is_refused(given):
    with pytest.raises(OptionError, match="runs no tasks") as caught, executor_of(given):
        pass
    assert caught.value.code == "executor"


def test_processes_have_one_thread_map_arrays_once_and_are_replaced_when_one_is_killed(tmp_path):
    main, before = vars(sys.modules["__main__"]).copy(), dict(os.environ)
    arrays = {"x": np.arange(12.0).reshape(3, 4), "none": np.empty((0, 3)), "n": np.arange(5)}
    with executor_of(2) as executor, SharedArrays(arrays) as shared:
        assert isinstance(executor, Processes)
        assert list(in_order(executor, tasks.environment, ["TMVALITE_THREADS", "OMP_NUM_THREADS"])) == ["1", "1"]
        found = list(in_order(executor, tasks.total, [shared, shared]))
        assert found[0] == found[1]
        assert found[0]["x"] == (66.0, False) and found[0]["n"] == (10.0, False) and found[0]["none"][0] == 0.0
        folder = shared._folder
        assert sorted(os.listdir(folder)) == ["0.npy", "1.npy", "2.npy"]
        killed = str(tmp_path / "killed")
        assert list(in_order(executor, tasks.die_once, [killed, killed, killed])) == ["alive"] * 3
        with pytest.raises(ValueError, match="7"):
            list(in_order(executor, tasks.fail, [7, 8]))
        with pytest.raises(OptionError) as caught:
            list(in_order(executor, tasks.refuse, [7]))
        with pytest.raises(OptionError) as here:
            tasks.refuse(7)
        assert str(caught.value) == str(here.value) and caught.value.code == "range"
    assert not os.path.exists(folder) and dict(os.environ) == before
    assert vars(sys.modules["__main__"]) == main


def test_shared_arrays_are_those_that_were_given_and_copies_where_no_file_can_be_read():
    x = np.arange(3)
    with SharedArrays({"x": x}, by_file=False) as shared:
        assert shared["x"] is x and len(shared) == 1 and list(shared) == ["x"]
        again = copy.copy(shared)
        assert np.array_equal(again["x"], x) and shared._folder is None


def test_shared_arrays_are_sent_where_there_is_no_room_for_files(monkeypatch):
    def full(*args, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with SharedArrays({"x": np.arange(3)}) as shared:
        assert np.array_equal(copy.copy(shared)["x"], [0, 1, 2])
        folder = shared._folder
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)


def test_threads_that_send_shared_arrays_at_the_same_time_send_whole_files(monkeypatch):
    saving, save, sent = threading.Event(), np.save, []

    def slowly(path, array, **keywords):
        saving.set()
        threading.Event().wait(0.05)
        save(path, array, **keywords)

    monkeypatch.setattr(np, "save", slowly)
    with SharedArrays({"x": np.arange(3)}) as shared:
        first = threading.Thread(target=lambda: sent.append(copy.copy(shared)))
        first.start()
        saving.wait()
        sent.append(copy.copy(shared))
        first.join()
    assert all(np.array_equal(arrays["x"], [0, 1, 2]) for arrays in sent)


def test_shared_arrays_that_are_sent_on_are_the_same_files():
    """As by Dask's scheduler, which takes tasks apart and sends them to its workers."""
    with SharedArrays.board({"x": (3,), "sums": (2, 2)}, np.float32) as board:
        again = copy.copy(copy.copy(board))
        board["x"][:] = 7.0
        again["sums"][1] = 5.0
        assert again["x"].tolist() == [7.0] * 3 and board["sums"].tolist() == [[0.0, 0.0], [5.0, 5.0]]
        folder = board._folder
        with again:
            pass
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)


class Deduplicating:
    """Does equal calls once, as Dask does."""

    def __init__(self):
        self.done = {}

    def submit(self, function, *arguments):
        key = (function, arguments)
        if key not in self.done:
            self.done[key] = Future()
            self.done[key].set_result(function(*arguments))
        return self.done[key]


def test_equal_tasks_are_all_done():
    drawn = iter(range(10))
    assert list(in_order(Deduplicating(), lambda task: next(drawn), [7, 7, 7])) == [0, 1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_process_costs_its_own_task_an_attempt_and_the_others_nothing(tmp_path):
    once, always = str(tmp_path / "once"), str(tmp_path / "always")
    with executor_of(2) as executor:
        before = set(in_order(executor, tasks.process_id, [0] * 4))
        (after,) = in_order(executor, tasks.killed, [once])
        assert after not in before and len(executor.process_ids()) == 2
        results = in_order(executor, tasks.always_killed, [always], lambda path: "the second fold")
        with pytest.raises(TrainingError, match="3 times .the last one by SIGKILL.") as caught:
            next(results)
        assert caught.value.code == "worker-died" and caught.value.where == "the second fold"
        with open(always) as file:
            assert file.read() == "xxx"
        with pytest.raises(Exception, match="unsendable"):
            list(in_order(executor, tasks.unsendable, [1]))
        with pytest.raises(Exception, match="lambda"):
            list(in_order(executor, lambda x: x, [1]))
        with pytest.raises(AttributeError, match="name_of_a_script"):
            list(in_order(executor, tasks.of_a_script(), [1]))
        assert list(in_order(executor, tasks.doubled, [1, 2, 3])) == [2, 4, 6]
        with pytest.raises(ValueError) as failed:
            list(in_order(executor, tasks.fail, [7]))
        assert "in another process" in failed.value.__notes__[0]


def test_an_error_ends_the_processes_at_once_and_nothing_is_taken_any_more(tmp_path):
    with pytest.raises(KeyboardInterrupt), executor_of(2) as executor:
        futures = [executor.submit(tasks.wait_for, str(tmp_path / "never")) for _ in range(4)]
        raise KeyboardInterrupt
    assert executor.process_ids() == []
    assert all(future.cancelled() or future.exception() is not None for future in futures)
    with pytest.raises(RuntimeError, match="have ended"):
        executor.submit(tasks.doubled, 1)


def test_a_client_of_dask_gives_the_same_and_does_every_task(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            assert list(in_order(client, abs, [-1, -2, -1])) == [1, 2, 1]
            assert len(set(in_order(client, tasks.drawn, [0] * 5))) == 5
            assert list(in_order(client, tasks.die_once, [str(tmp_path / "died")])) == ["alive"]
            with pytest.raises(TrainingError, match="an executor of the type distributed") as caught:
                list(in_order(client, tasks.always_killed, [str(tmp_path / "always")]))
            assert caught.value.code == "worker-died"
