"""Streams, files and texts meant to break the command: a clear error, the documented exit code, no traceback."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from sem_toolkit.cli.main import run
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"
ROWS = str(DATA / "hs.csv")
FIT = ("--engine", "native", "--data", ROWS)
FULL = Path("/dev/full")


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "cfa.lav"
    path.write_text(CFA)
    return str(path)


def command(*arguments: str, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, as it is installed."""
    program = "import sys; from sem_toolkit.cli import main; sys.argv[0] = 'sem-toolkit'; main()"
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
    return subprocess.run([sys.executable, "-c", program, *arguments], timeout=60, **given)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin1"])
def test_streams_that_cannot_hold_our_signs_get_plain_ones(spec: str, encoding: str) -> None:
    settings = {"env": {**os.environ, "PYTHONIOENCODING": encoding}}
    shown = command("fit", spec, *FIT, **settings)
    assert (shown.returncode, shown.stderr) == (0, b"")
    text = shown.stdout.decode(encoding)
    assert "chi" in text
    assert "RMSEA" in text


@pytest.mark.slow
def test_json_is_whole_in_any_encoding(spec: str) -> None:
    Path(spec).write_text("#' title: Köln χ²\n" + CFA)
    found = [
        command("fit", spec, *FIT, "--json", env={**os.environ, "PYTHONIOENCODING": name}).stdout
        for name in ("ascii", "utf-8")
    ]
    assert json.loads(found[0]) == json.loads(found[1])
    assert found[0].isascii()


@pytest.mark.parametrize("arguments", [["fit"], ["fit", "--json"]])
def test_a_closed_output_is_said(spec: str, arguments: list[str]) -> None:
    given = [
        sys.executable,
        "-c",
        "from sem_toolkit.cli import main; main()",
        *arguments,
        spec,
        "--engine",
        "native",
        "--data",
        ROWS,
    ]
    outcome = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *given], stderr=subprocess.PIPE, timeout=60)
    assert outcome.returncode == 2
    assert b"error[no-output]: standard output is closed" in outcome.stderr


@pytest.mark.slow
def test_messages_have_nowhere_to_go_and_nothing_breaks(spec: str) -> None:
    given = [sys.executable, "-c", "from sem_toolkit.cli import main; main()", "fit", "nowhere.lav"]
    assert subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", *given], timeout=60).returncode == 2


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
@pytest.mark.parametrize("arguments", [["fit"], ["fit", "--json"], ["check"]])
def test_a_full_disk_is_said(spec: str, arguments: list[str]) -> None:
    with FULL.open("wb") as full:
        outcome = command(*arguments, spec, *FIT, stdout=full)
    assert outcome.returncode == 2
    assert outcome.stderr.startswith(b"error[unwritable-output]: the result cannot be written")
    assert outcome.stderr.count(b"\n") == 1


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
def test_a_device_is_written_to_and_never_replaced(spec: str, tmp_path: Path, capfd) -> None:
    link = tmp_path / "out.csv"
    link.symlink_to(FULL)
    assert run(["fit", spec, *FIT, "-o", str(link)]) == 2
    assert "No space left" in capfd.readouterr().err
    assert FULL.is_char_device()


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.05, 0.15, 0.3, 0.45])
def test_an_interrupt_ends_quietly_whenever_it_comes(spec: str, moment: float) -> None:
    # Bootstrapping the interpreter itself is not ours: the clock starts with the first line of the program.
    program = "import sys; sys.stderr.write('go'); sys.stderr.flush(); from sem_toolkit.cli import main; main()"
    given = [sys.executable, "-c", program, "fit", spec, *FIT]
    process = subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr.read(2) == b"go"
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert process.returncode in (0, 130, -signal.SIGINT)  # the last while Python itself closes down


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"sample_cov":' + '{"a":' * 400 + "1" + "}" * 401])
def test_deep_options_are_refused_in_few_words(spec: str, tmp_path: Path, capsys, text: str) -> None:
    path = tmp_path / "options.json"
    path.write_text(text)
    assert run(["fit", spec, *FIT, "--options", str(path)]) == 2
    assert len(capsys.readouterr().err) < 500


def test_an_options_file_that_is_none_is_not_read_for_ever(spec: str, tmp_path: Path, capsys) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        assert run(["fit", spec, *FIT, "--options", str(path)]) == 2
        assert "error[unreadable-file]" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "md", "tex", "html", "docx"])
def test_control_characters_are_replaced_in_every_format(tmp_path: Path, suffix: str) -> None:
    from sem_toolkit.report.export import write_table

    frame = pd.DataFrame({"la\x01bel": pd.Series(["a\x0bb", "c\ud800"], dtype=object), "est": [1.0, 2.0]})
    path = write_table(tmp_path / f"t.{suffix}", frame, "ti\x00tle", "no\x1fte")
    content = path.read_bytes()
    if suffix in {"xlsx", "docx"}:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".xml"))
    assert not any(bytes([sign]) in content for sign in (0, 1, 11, 31))
    assert "a\N{REPLACEMENT CHARACTER}b".encode() in content or b"a&#65533;b" in content


def test_a_spreadsheet_runs_no_formula_of_a_label(tmp_path: Path) -> None:
    from sem_toolkit.report.csv import format_csv

    cells = ["=HYPERLINK(1)", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "=~", "~~", "-0.50", "x1", ""]
    frame = pd.DataFrame({"=label": cells, "number": -1.5})
    read = pd.read_csv(io.StringIO(format_csv(frame)), keep_default_na=False, dtype=str)
    expected = ["'" + cell for cell in cells[:5]] + cells[5:]
    assert read["'=label"].tolist() == expected
    assert read["number"].tolist() == ["-1.5"] * len(cells)


@pytest.mark.parametrize("through", ["name", "link", "header"])
def test_nothing_that_was_read_is_written_over(tmp_path: Path, capsys, through: str) -> None:
    data = tmp_path / "d.csv"
    data.write_bytes(Path(ROWS).read_bytes())
    before = data.read_bytes()
    spec = tmp_path / "m.lav"
    spec.write_text(("#' data: d.csv\n" if through == "header" else "") + CFA)
    output = data
    if through == "link":
        output = tmp_path / "other.csv"
        output.symlink_to(data)
    named = [] if through == "header" else ["--data", str(data)]
    for name in ("fit", "scores"):
        assert run([name, str(spec), *named, "-o", str(output)]) == 2
        assert "error[output-is-input]" in capsys.readouterr().err
    assert data.read_bytes() == before


def test_printed_tables_are_not_written_over(tmp_path: Path, capsys) -> None:
    table = tmp_path / "regressions.csv"
    table.write_text("table\n")
    for tables in (table, tmp_path):
        assert run(["audit", str(tables), "-o", str(table)]) == 2
        assert "error[output-is-input]" in capsys.readouterr().err
    assert table.read_text() == "table\n"


def test_fmt_follows_links_and_keeps_modes(tmp_path: Path, capsys) -> None:
    real, link = tmp_path / "real.lav", tmp_path / "link.lav"
    real.write_text("f=~x1+x2+x3\n")
    real.chmod(0o640)
    link.symlink_to(real)
    assert run(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert real.read_text() != "f=~x1+x2+x3\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_reader_that_leaves_early_is_no_failure(spec: str) -> None:
    given = [sys.executable, "-c", "from sem_toolkit.cli import main; main()", "fit", spec, "--engine", "native"]
    reader, writer = os.pipe()
    os.close(reader)
    outcome = subprocess.run([*given, "--data", ROWS], stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert outcome.returncode == 0
    assert b"error" not in outcome.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [2.0, 3.0, 5.0])
def test_an_interrupt_while_workers_start_is_quiet(spec: str, seconds: float) -> None:
    """Ctrl-C reaches the command and its workers at once, some of which are still loading."""
    program = "from sem_toolkit.cli import main; main()"
    given = ["bootstrap", spec, *FIT, "--draws", "1000000", "--workers", "3"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in errors
