"""Scratch memory: asking twice is asking once, and other C libraries are left alone."""

import ctypes

import pytest

from sem_toolkit.estimation.memory import keep_scratch_memory


def test_the_library_is_asked_once() -> None:
    assert keep_scratch_memory() is keep_scratch_memory()


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert keep_scratch_memory.__wrapped__() is False
