"""Who may import whom. The rules stand in docs/ARCHITECTURE.md."""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODEL_FILES = (
    "plugins/vsfilter_basicvsr/basicvsr.py",
    "plugins/vsfilter_basicvsr/basicvsrpp.py",
    "plugins/vsfilter_basicvsr/iconvsr.py",
    "plugins/vsfilter_basicvsr/spynet.py",
    "plugins/vsfilter_basicvsr/tensor_sizes.py",
    "plugins/vsfilter_edvr/upsample.py",
    "plugins/vsfilter_basicvsr/join.py",
    "plugins/vsfilter_basicvsr/warp.py",
    "plugins/vsfilter_bicubic/bicubic.py",
    "plugins/vsfilter_edvr/alignment.py",
    "plugins/vsfilter_edvr/architecture.py",
    "plugins/vsfilter_edvr/bilinear.py",
    "plugins/vsfilter_edvr/deform.py",
    "plugins/vsfilter_edvr/edvr.py",
    "plugins/vsfilter_edvr/features.py",
    "plugins/vsfilter_edvr/fusion.py",
    "plugins/vsfilter_edvr/layers.py",
    "plugins/vsfilter_edvr/neighbours.py",
    "plugins/vsfilter_edvr/start.py",
    "plugins/vsfilter_realbasicvsr/realbasicvsr.py",
)
BUILT_OF = {  # no network exists twice
    "vsfilter_basicvsr": ("vsfilter_edvr",),
    "vsfilter_realbasicvsr": ("vsfilter_basicvsr",),
}
VAPOURSYNTH_FILES = (
    "vsfilter/alpha_scaler.py",
    "vsfilter/colour.py",
    "vsfilter/readers/rotated_reader.py",
    "vsfilter/rgb_converter.py",
    "vsfilter/sources/script_",
    "vsfilter/vapoursynth/",
)
TORCH_PLACES = ("vsfilter/bench/", "vsfilter/engine/", "vsfilter/testing/", "plugins/", "train/")
TORCH_INSIDE_FUNCTIONS = (
    "vsfilter/cli/doctor.py",
    "vsfilter/weights/checkpoint.py",
    "vsfilter/weights/strict.py",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module, and where that happens.

    Attributes:
        file: Path from the root of the project, with forward slashes.
        line: Line number, from 1.
        module: Absolute dotted name of what is imported.
        is_typing_only: It stands under `if TYPE_CHECKING:`.
        is_inside_function: It is carried out when a function is called.
    """

    file: str
    line: int
    module: str
    is_typing_only: bool
    is_inside_function: bool

    @property
    def top(self):
        return self.module.partition(".")[0]

    def is_from(self, *packages):
        return any(self.module == p or self.module.startswith(f"{p}.") for p in packages)

    def __str__(self):
        return f"{self.file}:{self.line} imports {self.module}"


class Finder(ast.NodeVisitor):
    """Collects the imports of one file."""

    def __init__(self, path):
        self.file = path.relative_to(ROOT).as_posix()
        self.package = package_of(path)
        self.imports = []
        self.is_typing_only = self.is_inside_function = False
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def add(self, node, module):
        self.imports.append(
            Import(
                file=self.file,
                line=node.lineno,
                module=module,
                is_typing_only=self.is_typing_only,
                is_inside_function=self.is_inside_function,
            )
        )

    def visit_Import(self, node):
        for alias in node.names:
            self.add(node, alias.name)

    def visit_ImportFrom(self, node):
        base = node.module or ""
        if node.level:
            parents = self.package.split(".")
            parents = parents[: len(parents) - node.level + 1]
            base = ".".join([*parents, base] if base else parents)
        for alias in node.names:
            self.add(node, f"{base}.{alias.name}")

    def visit_If(self, node):
        before = self.is_typing_only
        self.is_typing_only = before or ast.unparse(node.test).endswith("TYPE_CHECKING")
        for part in node.body:
            self.visit(part)
        self.is_typing_only = before
        for part in node.orelse:
            self.visit(part)

    def visit_FunctionDef(self, node):
        before = self.is_inside_function
        self.is_inside_function = True
        self.generic_visit(node)
        self.is_inside_function = before


def package_of(path):
    """Give the dotted name of the package that a file belongs to."""
    parts = path.relative_to(ROOT).parts[:-1]
    return ".".join(parts[1:] if parts[0] in ("plugins", "train") else parts)


def read_imports():
    files = [p for top in ("vsfilter", "plugins", "train") for p in (ROOT / top).rglob("*.py")]
    return [found for path in sorted(files) for found in Finder(path).imports]


@pytest.fixture(scope="module")
def imports():
    return read_imports()


def assert_none(offenders):
    assert not [str(offender) for offender in offenders]


def test_av_is_imported_by_sources_sinks_and_named_files_only(imports):
    # training runs on machines without PyAV: it reads videos by OpenCV there, and the files that
    # need it, real encoders and readers of videos, are imported where it is found
    training = (
        "train/vsfilter_train/degradations/codec_round_trip.py",
        "train/vsfilter_train/pyav_",
    )
    # VMAF and XPSNR are filters of FFmpeg, and clips are coded to be restored
    measures = ("vsfilter/evaluation/filter_measures.py", "vsfilter/evaluation/coded_clip.py")
    # both read the input: neither may read anything else, and they have one clock
    ends = ("vsfilter/media/", "vsfilter/sources/", "vsfilter/sinks/")
    places = (*ends, *training, *measures)
    assert_none(i for i in imports if i.top == "av" and not i.file.startswith(places))


def test_what_reads_videos_by_av_is_imported_where_it_is_chosen_only(imports):
    """Training begins without PyAV."""
    assert_none(
        i
        for i in imports
        if i.file.startswith("train/")
        and i.is_from("vsfilter.sources", "vsfilter_train.pyav_reader", "vsfilter_train.pyav_video")
        and not i.file.startswith("train/vsfilter_train/pyav_")
        and not (i.is_typing_only or i.is_inside_function)
    )


def test_vapoursynth_is_imported_by_the_vapoursynth_files_only(imports):
    assert_none(
        i
        for i in imports
        if i.top == "vapoursynth"
        and not i.is_typing_only
        and not i.file.startswith(VAPOURSYNTH_FILES)
    )


def test_torch_is_imported_by_the_engine_models_and_training_only(imports):
    assert_none(
        i
        for i in imports
        if i.top in ("torch", "torchvision")
        and not i.is_typing_only
        and not i.file.startswith(TORCH_PLACES)
        and not (i.is_inside_function and i.file in TORCH_INSIDE_FUNCTIONS)
    )


def test_a_model_file_imports_torch_and_other_model_files_only(imports):
    neighbours = {f.removesuffix(".py").split("/", 1)[1].replace("/", ".") for f in MODEL_FILES}
    assert_none(
        i
        for i in imports
        if i.file in MODEL_FILES
        and i.top not in {"torch", "torchvision", *sys.stdlib_module_names}
        and not i.is_from(*neighbours)
    )


def test_every_file_of_a_plugin_is_a_model_file_or_uses_the_plugin_api(imports):
    edges = {i.file for i in imports if i.top == "vsfilter"}
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "plugins").rglob("*.py")}
    assert files - edges == set(MODEL_FILES)


def test_spandrel_is_imported_by_its_plugin_only_when_a_model_is_loaded(imports):
    """It is an optional extra: the plugin is found, and says what is missing, without it."""
    assert_none(
        i
        for i in imports
        if i.top == "spandrel"
        and not i.is_typing_only
        and not (i.is_inside_function and i.file.startswith("plugins/vsfilter_spandrel/"))
    )


def test_ray_is_imported_in_one_place_and_only_when_workers_are_asked_for(imports):
    assert_none(
        i
        for i in imports
        if i.top == "ray"
        and not (i.is_inside_function and i.file == "vsfilter/cluster/quiet_ray.py")
    )


def test_matplotlib_is_imported_in_one_place_and_only_when_a_plot_is_asked_for(imports):
    assert_none(
        i
        for i in imports
        if i.top == "matplotlib"
        and not i.is_typing_only
        and not (i.is_inside_function and i.file == "vsfilter/evaluation/score_plot.py")
    )


def test_the_engine_knows_nothing_of_workers(imports):
    assert_none(
        i
        for i in imports
        if i.is_from("vsfilter.cluster") and i.file.startswith("vsfilter/engine/")
    )


def test_sources_and_sinks_know_nothing_of_each_other_or_of_the_engine(imports):
    for here, there in (("sources", "sinks"), ("sinks", "sources")):
        assert_none(
            i
            for i in imports
            if i.file.startswith(f"vsfilter/{here}/")
            and i.is_from(f"vsfilter.{there}", "vsfilter.engine", "vsfilter.transcode")
        )


def test_the_engine_knows_nothing_of_media(imports):
    assert_none(
        i
        for i in imports
        if i.file.startswith("vsfilter/engine/")
        and i.is_from("vsfilter.sources", "vsfilter.sinks", "vsfilter.colour", "cv2")
    )


def test_the_comparison_is_a_front_end_that_needs_no_model(imports):
    here, command = "vsfilter/compare/", "vsfilter/cli/compare.py"
    assert_none(
        i
        for i in imports
        if i.file.startswith(here)
        and i.is_from("vsfilter.engine")
        and not i.is_from("vsfilter.engine.read_ahead")
    )
    assert_none(
        i
        for i in imports
        if i.is_from("vsfilter.compare") and not i.file.startswith((here, command))
    )


def test_the_checks_of_backends_are_imported_by_their_command_only(imports):
    assert_none(
        i
        for i in imports
        if i.is_from("vsfilter.testing")
        and not i.file.startswith("vsfilter/testing/")
        and i.file != "vsfilter/cli/check.py"
    )


def test_nothing_imports_the_commands(imports):
    assert_none(
        i for i in imports if i.is_from("vsfilter.cli") and not i.file.startswith("vsfilter/cli/")
    )


def test_vsfilter_names_no_plugin_and_no_training(imports):
    assert_none(
        i for i in imports if i.file.startswith("vsfilter/") and i.top.startswith("vsfilter_")
    )


def test_plugins_import_what_they_are_built_of_but_no_other_plugin_and_no_training(imports):
    assert_none(
        i
        for i in imports
        if i.file.startswith("plugins/")
        and i.top.startswith("vsfilter_")
        and i.top not in (i.file.split("/")[1], *BUILT_OF.get(i.file.split("/")[1], ()))
    )


def test_the_plan_knows_integers_only(imports):
    assert_none(
        i
        for i in imports
        if i.file == "vsfilter/window.py"
        and i.top not in sys.stdlib_module_names
        and not i.is_from("vsfilter.errors")
    )


def test_the_walk_sees_every_way_to_import(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    folder = tmp_path / "plugins" / "vsfilter_x"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(
        "import av, torch.nn as nn\n"
        "from .b import c\n"
        "from . import d\n"
        "if TYPE_CHECKING:\n    from numpy import e\n"
        "def f():\n    import cv2\n"
    )
    found = Finder(folder / "a.py").imports
    assert [i.module for i in found] == [
        "av",
        "torch.nn",
        "vsfilter_x.b.c",
        "vsfilter_x.d",
        "numpy.e",
        "cv2",
    ]
    assert [i.is_typing_only for i in found] == [False, False, False, False, True, False]
    assert [i.is_inside_function for i in found] == [False] * 5 + [True]
    assert str(found[0]) == "plugins/vsfilter_x/a.py:1 imports av"


LONG_MODULES = {
    "train.py",
    "basicvsr.py",
    "basicvsrpp.py",
    "transcode.py",  # every option of the command with its help
}  # the loop and the networks read from top to bottom
# the promised entry points, and the options of the command, with all their parameters
LONG_FUNCTIONS = {"evaluate", "restore_options", "transcode", "upscale"}


def test_modules_and_functions_stay_short():
    too_long = []
    folders = (ROOT / name for name in ("vsfilter", "plugins", "train"))
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > (300 if path.name in LONG_MODULES else 200):
            too_long.append(f"{path}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name not in LONG_FUNCTIONS:
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 60:
                    too_long.append(f"{path}:{node.lineno} {node.name}: {length} lines")
    assert too_long == []
