"""The errors that users and plugin authors see.

VsfilterError
├── SourceError            input cannot be read
│   ├── SourceNotFoundError  (also FileNotFoundError)
│   └── ScriptError          a .vpy script failed
├── SinkError              output cannot be written
│   └── SinkExistsError      (also FileExistsError)
├── PluginError            a plugin is broken, missing or clashes with another
├── WeightsError           a weights file is missing, damaged or of another architecture
│   └── DownloadError        a server does not give what it should
├── DeviceError            a device or precision is not available
│   └── DeviceMemoryError    its memory does not do (also MemoryError)
├── TrainingError          a training cannot go on
├── WorkerError            the workers of a run cannot do their part
│   └── ClusterLostError     they are all out of reach
└── OptionError            an option has a value that cannot work (also ValueError)

A message names the thing, its value and what to do about it, in one line.
"""


class VsfilterError(Exception):
    """Base of every error that vsfilter raises on purpose."""


class SourceError(VsfilterError):
    """The input cannot be read."""


class SourceNotFoundError(SourceError, FileNotFoundError):
    """The input does not exist."""


class ScriptError(SourceError):
    """A VapourSynth script failed or has no usable output."""


class SinkError(VsfilterError):
    """The output cannot be written."""


class SinkExistsError(SinkError, FileExistsError):
    """The output exists already and may not be replaced."""


class PluginError(VsfilterError):
    """A plugin is broken, missing, or clashes with another one."""


class ModelHangsError(PluginError):
    """A model has taken longer for a window than it may; it is still at work."""


class WeightsError(VsfilterError):
    """A weights file is missing, damaged, or of another architecture."""


class DownloadError(WeightsError):
    """A file cannot be fetched, or the server gives something else."""


class DeviceError(VsfilterError):
    """A device or precision is not available on this machine."""


class DeviceMemoryError(DeviceError, MemoryError):
    """The memory of a device does not do."""


class TrainingError(VsfilterError):
    """A training cannot go on."""


class WorkerError(VsfilterError):
    """The workers of a run cannot do their part of it."""


class ClusterLostError(WorkerError):
    """All workers of a run are out of reach."""


class OptionError(VsfilterError, ValueError):
    """An option is unknown or has a value that cannot work."""
