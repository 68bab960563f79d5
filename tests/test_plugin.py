import json
from pathlib import Path

import pytest

import vsfilter
from tests.fresh_python import install, run, run_code
from vsfilter import discovery
from vsfilter.discovery import Plugin, discover, find_backend, find_source, inspect_plugin
from vsfilter.errors import OptionError, PluginError
from vsfilter.plugin import Backend, Source, hookimpl, refuse_options

HEAVY = {"torch", "av", "vapoursynth", "numpy", "cv2", "spandrel", "torchvision", "rich"}

SHOW_MODULES = """
import atexit, json, sys
atexit.register(lambda: print("\\n" + json.dumps(sorted(sys.modules)), file=sys.stderr))
"""

SHOW_LIST = "import sys; sys.argv = ['vsr', 'plugins']; from vsfilter.cli.main import run; run()"

BACKEND = """
from vsfilter.plugin import Backend, hookimpl

@hookimpl
def vsfilter_backends():
    return [Backend(name="{name}", summary="", scales=(1,), core=1, context=0, load=lambda: None)]
"""

BROKEN = {
    "missing_module": ("import no_such_module", "no_such_module"),
    "raising_import": ("1 / 0", "ZeroDivisionError"),
    "leaving": ("raise SystemExit('it needs CUDA 12')", "SystemExit: it needs CUDA 12"),
    "raising_hook": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_backends():
            raise RuntimeError("no licence\\nfor today")
        """,
        "RuntimeError: no licence",
    ),
    "returning_text": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_backends():
            return "edvr"
        """,
        "which is no Backend",
    ),
    "returning_a_number": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_sources():
            return 7
        """,
        "TypeError",
    ),
    "returning_nothing": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_backends():
            return None
        """,
        "offers nothing",
    ),
    "no_hook": ("", "offers nothing"),
    "unmarked_hook": (
        """
        def vsfilter_sources():
            return []
        """,
        "vsfilter_sources is not marked: put @hookimpl of vsfilter before it",
    ),
    "misspelt_hook": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_backend():
            return []
        """,
        "unknown hook 'vsfilter_backend'",
    ),
    "wrong_hook_arguments": (
        """
        from vsfilter.plugin import hookimpl
        @hookimpl
        def vsfilter_backends(device):
            return []
        """,
        "PluginValidationError",
    ),
    "bad_record": (BACKEND.format(name="Upper Case"), "lower case"),
}


def make_backend(**changes):
    values = {"name": "new", "summary": "", "scales": (4,), "core": 1, "context": 0, "load": None}
    return Backend(**{**values, **changes})


def make_source(name, **changes):
    values = {"summary": "", "accepts": lambda path: True, "open": None}
    return Source(name=name, **{**values, **changes})


def modules_after(code):
    """Give the top-level modules that a fresh Python holds at its exit."""
    done = run("-c", SHOW_MODULES + code)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def test_importing_vsfilter_imports_nothing_heavy():
    assert not HEAVY & modules_after("import vsfilter")


def test_finding_plugins_imports_nothing_heavy():
    code = """
import vsfilter
assert {"basicvsr", "bicubic"} <= set(vsfilter.backends())
from vsfilter.discovery import find_source
find_source("a.mkv")
"""
    loaded = modules_after(code)
    assert not HEAVY & loaded
    assert {"vsfilter_basicvsr", "vsfilter_bicubic"} <= loaded


@pytest.mark.parametrize(
    "arguments",
    [
        ["vsr", "--help"],
        ["vsr", "models", "--help"],
        ["vsr", "plugins", "--help"],
        ["vsr", "evaluate", "--help"],
        ["vsr", "compare", "--help"],
        ["vsr", "batch", "--help"],
        ["vsr", "bench", "--help"],
        ["vsr", "doctor", "--help"],
        ["vsr", "train", "--help"],
        ["vsr", "data", "--help"],
        ["vsr", "data", "preview", "--help"],
        ["vsr", "weights", "--help"],
        ["vsr", "weights", "list", "--help"],
        ["vsr", "weights", "pull", "--help"],
        ["vsr", "weights", "add", "--help"],
        ["vsr", "weights", "verify", "--help"],
        ["vsr", "weights", "convert", "--help"],
        ["vsr", "weights", "info", "--help"],
        ["vsr", "weights", "list"],
        ["vsr", "weights", "verify"],
        ["vsr", "models"],
        ["vsr", "plugins"],
        ["vsr-transcode", "--help"],
        ["vsr-transcode", "--version"],
        ["vsr", "--version"],
    ],
    ids=" ".join,
)
def test_help_and_lists_import_nothing_heavy(arguments):
    module = "main" if arguments[0] == "vsr" else "transcode"
    code = f"""
sys.argv = {arguments}
from vsfilter.cli.{module} import run
try:
    run()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert not HEAVY & modules_after(code)


def test_every_command_of_vsr_is_in_the_test_above():
    text = run_code(
        "import sys; sys.argv = ['vsr', '-h']; from vsfilter.cli.main import run; run()"
    )
    words = text.partition("Commands:")[2].partition("--debug")[0]
    commands = {line.split()[0] for line in words.splitlines() if line[:3].strip()}
    assert commands == {
        "batch", "bench", "models", "plugins", "evaluate", "compare", "data", "doctor", "train",
        "weights",
    }  # fmt: skip


def test_all_bundled_plugins_work():
    assert [plugin.problem for plugin in discover()] == [""] * len(discover())


def test_a_working_plugin_is_found_with_its_distribution(tmp_path):
    install(tmp_path, "good_plugin", BACKEND.format(name="good"))
    code = """
    from vsfilter.discovery import discover, find_backend
    assert find_backend("good").name == "good"
    print([plugin.distribution for plugin in discover() if plugin.name == "good_plugin"])
    """
    assert run_code(code, folder=tmp_path).strip() == "['good_plugin 1.0']"


def test_broken_plugins_are_reported_by_name_while_the_others_work(tmp_path):
    for name, (code, _) in BROKEN.items():
        install(tmp_path, name, code)
    install(tmp_path, "zz_good", BACKEND.format(name="good"))
    code = """
    import json
    from vsfilter.discovery import backends, discover
    found = {"problems": {p.name: p.problem for p in discover()}, "backends": sorted(backends())}
    print(json.dumps(found))
    """
    found = json.loads(run_code(code, folder=tmp_path))
    assert {"basicvsr", "bicubic", "good"} <= set(found["backends"])
    reported = {name for name, problem in found["problems"].items() if problem}
    assert reported == set(BROKEN)
    for name, (_, reason) in BROKEN.items():
        assert reason in found["problems"][name]
        assert "\n" not in found["problems"][name]


def test_choosing_a_model_of_a_broken_plugin_names_the_plugin_and_the_reason(tmp_path):
    install(tmp_path, "vanished_plugin", "import no_such_module")
    code = """
    from vsfilter.errors import PluginError
    from vsfilter.discovery import find_backend
    try:
        find_backend("vanished")
    except PluginError as error:
        print(error)
    """
    message = run_code(code, folder=tmp_path)
    assert "unknown model 'vanished'" in message
    assert "vanished_plugin" in message
    assert "no_such_module" in message


def test_choosing_a_name_that_two_plugins_offer_names_both(tmp_path):
    install(tmp_path, "first_plugin", BACKEND.format(name="twin"))
    install(tmp_path, "second_plugin", BACKEND.format(name="twin"))
    code = """
    from vsfilter.errors import PluginError
    from vsfilter.discovery import backends, find_backend
    assert "twin" not in backends() and "bicubic" in backends()
    try:
        find_backend("twin")
    except PluginError as error:
        print(error)
    """
    message = run_code(code, folder=tmp_path)
    assert "first_plugin" in message
    assert "second_plugin" in message


def test_two_plugins_that_offer_a_bundled_name_leave_the_other_models_usable(tmp_path):
    install(tmp_path, "impostor", BACKEND.format(name="bicubic"))
    done = run("-c", SHOW_LIST, folder=tmp_path)
    assert done.returncode == 0
    assert "CLASH: model 'bicubic' is offered by bicubic and impostor" in done.stdout


@pytest.mark.parametrize("code", ["import no_such_module", "raise SystemExit('no_such_module')"])
def test_a_broken_command_of_another_package_leaves_vsr_usable(tmp_path, code):
    install(tmp_path, "broken_command", code, group="vsfilter.commands")
    done = run("-c", SHOW_LIST, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "bicubic" in done.stdout
    assert "broken_command" in done.stderr
    assert "no_such_module" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, "name ''"),
        ({"name": "EDVR"}, "name 'EDVR'"),
        ({"name": "edvr:m"}, "without a colon"),
        ({"scales": ()}, "scales"),
        ({"scales": (0, 4)}, "scales"),
        ({"core": 0}, "core 0"),
        ({"context": -1}, "context -1"),
        ({"multiple": 0}, "multiple 0"),
    ],
)
def test_a_backend_record_that_breaks_the_contract_is_refused(changes, reason):
    with pytest.raises(PluginError, match=reason):
        make_backend(**changes)


def test_a_backend_record_is_frozen_and_by_keyword_only():
    with pytest.raises(TypeError):
        Backend("new", "", (4,), 1, 0, None)
    with pytest.raises(AttributeError):
        make_backend().core = 3


def test_an_object_with_hooks_is_a_plugin_too():
    class Offer:
        @hookimpl
        def vsfilter_backends(self):
            return [make_backend(name="a"), make_backend(name="b")]

    plugin = inspect_plugin(Offer(), name="offer", distribution="offer 2")
    assert [backend.name for backend in plugin.backends] == ["a", "b"]
    assert (plugin.name, plugin.distribution, plugin.problem) == ("offer", "offer 2", "")


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(PluginError, match=r"unknown model 'edrv'.*basicvsr, .*bicubic"):
        find_backend("edrv")


def test_an_option_that_a_backend_does_not_have_is_refused_by_name():
    refuse_options("edvr", {})
    with pytest.raises(OptionError, match="'edvr' has no option 'strides'"):
        refuse_options("edvr", {"strides": 1})


def offer_sources(monkeypatch, *sources):
    plugin = Plugin(name="offer", distribution="offer 1", sources=sources)
    monkeypatch.setattr(discovery, "discover", lambda: [plugin])


def test_a_specific_source_goes_before_a_fallback(monkeypatch):
    offer_sources(
        monkeypatch,
        make_source("any", is_fallback=True),
        make_source("y4m", accepts=lambda path: path.endswith(".y4m")),
    )
    assert find_source("a.y4m").name == "y4m"
    assert find_source("a.mkv").name == "any"


@pytest.mark.parametrize("is_fallback", [True, False])
def test_a_source_that_was_installed_goes_before_a_bundled_one(monkeypatch, is_fallback):
    ours, others = (make_source(name, is_fallback=is_fallback) for name in ("ours", "others"))
    plugins = [
        Plugin(name="sources", distribution="vsfilter 1", sources=(ours, make_source("last"))),
        Plugin(name="offer", distribution="vsfilter-offer 1", sources=(others,)),
    ]
    monkeypatch.setattr(discovery, "discover", lambda: plugins)
    assert find_source("a.mkv").name == ("last" if is_fallback else "others")


def test_a_path_that_two_sources_read_is_refused_with_both_names(monkeypatch):
    offer_sources(monkeypatch, make_source("one"), make_source("two"))
    with pytest.raises(PluginError, match=r"'a\.mkv' is read by the sources one and two"):
        find_source("a.mkv")


def test_a_path_that_no_source_reads_is_refused(monkeypatch):
    offer_sources(monkeypatch, make_source("one", accepts=lambda path: False))
    with pytest.raises(PluginError, match=r"no installed source reads 'a\.mkv'"):
        find_source("a.mkv")


def test_a_source_that_fails_to_answer_is_named_and_left_out(monkeypatch, caplog):
    def fail(path):
        raise KeyError("suffix")

    def leave(path):
        raise SystemExit(3)

    broken = make_source("broken", accepts=fail), make_source("leaving", accepts=leave)
    offer_sources(monkeypatch, *broken, make_source("good"))
    assert find_source("a.mkv").name == "good"
    assert "source 'broken' is left out: KeyError: 'suffix'" in caplog.text
    assert "source 'leaving' is left out: SystemExit: 3" in caplog.text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("clip.mkv", "file"),
        ("-", "stdin"),
        ("clip.Y4M", "y4m"),
        ("script.vpy", "script"),
        ("frames/*.png", "images"),
        (str(Path(__file__).parent), "images"),
        ("https://example.org/a?b=*", "file"),
    ],
)
def test_each_kind_of_path_has_its_bundled_source(path, name):
    assert find_source(path).name == name


def test_the_public_names_are_sorted_and_importable():
    assert vsfilter.__all__ == sorted(vsfilter.__all__)
    for name in vsfilter.__all__:
        assert getattr(vsfilter, name) is not None


def test_the_public_names_are_all_that_has_a_home_and_editors_find_them_explained():
    assert set(vsfilter.__all__) == {*vsfilter._HOMES, *vsfilter._MODULES}
    assert set(vsfilter.__all__) <= set(dir(vsfilter))
    for name in vsfilter.__all__:
        assert getattr(vsfilter, name).__doc__, name


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'upscal'"):
        vsfilter.upscal  # noqa: B018  # reading it is the test


def test_metrics_and_resize_are_reached_from_the_package():
    assert vsfilter.metrics.psnr
    assert vsfilter.resize.imresize
