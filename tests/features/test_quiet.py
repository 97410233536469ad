"""One thread falls silent, and the others are heard."""

from __future__ import annotations

import sys
import threading
import warnings

import pytest

from features.feast_loading import feast_quietly
from features.quiet import quiet_thread


def test_what_another_thread_says_meanwhile_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    inside, done = threading.Event(), threading.Event()

    def quiet() -> None:
        with warnings.catch_warnings(), feast_quietly():
            sys.stdout.write("of Feast\n")
            sys.stderr.write("of Feast\n")
            inside.set()
            done.wait(10)

    beside = threading.Thread(target=quiet)
    beside.start()
    assert inside.wait(10)
    sys.stdout.write("listening\n")
    sys.stderr.write("refused\n")
    done.set()
    beside.join()
    assert capsys.readouterr() == ("listening\n", "refused\n")


def test_threads_that_overlap_leave_the_streams_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    """The first to enter is the first to leave: each putting back what it found would leave the first one's."""
    before, second_in, first_out = sys.stdout, threading.Event(), threading.Event()

    def second() -> None:
        with quiet_thread():
            second_in.set()
            first_out.wait(10)

    beside = threading.Thread(target=second)
    with quiet_thread():
        beside.start()
        assert second_in.wait(10)
    sys.stdout.write("heard\n")
    first_out.set()
    beside.join()
    assert sys.stdout is before
    assert capsys.readouterr().out == "heard\n"


def test_within_one_another_the_outer_one_stays_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet_thread():
        with quiet_thread():
            sys.stdout.writelines(["un", "heard"])
        sys.stdout.write("unheard too")
        assert not sys.stdout.isatty()
    assert capsys.readouterr().out == ""


def test_a_stream_that_was_put_there_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with quiet_thread():
        monkeypatch.setattr(sys, "stderr", sys.__stderr__)
    assert sys.stdout is None
    assert sys.stderr is sys.__stderr__
