"""The sizes in which models were published, for the table in docs/models.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EDVR_L = {"channels": 128, "reconstruct_blocks": 40}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One size of a model.

    Attributes:
        backend: Name of the backend that builds it.
        name: What its publishers call it.
        use: What it is for.
        options: What its architecture differs in from the backend's defaults.
        keys: Key list in tests/golden/keys that a published checkpoint has; empty where there is
            none.
    """

    backend: str
    name: str
    use: str
    options: Mapping[str, int | bool] = field(default_factory=dict)
    keys: str = ""


PUBLISHED = (
    Published(
        backend="basicvsr",
        name="BasicVSR",
        use="clean video",
        keys="basicvsr_basicsr",
    ),
    Published(
        backend="iconvsr",
        name="IconVSR, 5 frames (REDS)",
        use="clean video, finer detail",
        keys="iconvsr_reds_basicsr",
    ),
    Published(
        backend="iconvsr",
        name="IconVSR, 7 frames (Vimeo-90K)",
        use="clean video, finer detail",
        options={"frames": 7},
        keys="iconvsr_vimeo90k_basicsr",
    ),
    Published(
        backend="basicvsrpp",
        name="BasicVSR++ c64n7",
        use="clean video at its best",
        keys="basicvsrpp_c64n7_x4",
    ),
    Published(
        backend="basicvsrpp",
        name="BasicVSR++ c128n25",
        use="clean video, the largest (NTIRE 2021)",
        options={"channels": 128, "blocks": 25},
        keys="basicvsrpp_c128n25_x4",
    ),
    Published(
        backend="basicvsrpp",
        name="BasicVSR++ c64n15, same size",
        use="deblurring, denoising",
        options={"scale": 1, "blocks": 15},
        keys="basicvsrpp_c64n15_sameres",
    ),
    Published(
        backend="basicvsrpp",
        name="BasicVSR++ c128n25, same size",
        use="decompression (NTIRE 2021)",
        options={"scale": 1, "channels": 128, "blocks": 25},
        keys="basicvsrpp_c128n25_sameres",
    ),
    Published(
        backend="edvr",
        name="EDVR-M",
        use="clean video",
        keys="edvr_m_x4_sr_reds",
    ),
    Published(
        backend="edvr",
        name="EDVR-M without TSA",
        use="clean video",
        options={"has_tsa": False},
        keys="edvr_m_wotsa_x4_sr_reds",
    ),
    Published(
        backend="edvr",
        name="EDVR-L, 5 frames (REDS)",
        use="clean video",
        options=EDVR_L,
        keys="edvr_l_x4_sr_reds",
    ),
    Published(
        backend="edvr",
        name="EDVR-L without TSA",
        use="clean video",
        options={**EDVR_L, "has_tsa": False},
        keys="edvrl_wotsa_mmagic",
    ),
    Published(
        backend="edvr",
        name="EDVR-L, 7 frames (Vimeo-90K)",
        use="clean video",
        options={**EDVR_L, "frames": 7},
        keys="edvr_l_x4_sr_vimeo90k",
    ),
    Published(
        backend="edvr",
        name="EDVR-L with predeblur",
        use="blurred video",
        options={**EDVR_L, "has_predeblur": True},
        keys="edvr_l_x4_srblur_reds",
    ),
    Published(
        backend="edvr",
        name="EDVR-L deblur (HR in)",
        use="deblurring, also of compressed video",
        options={**EDVR_L, "has_predeblur": True, "is_hr_in": True},
        keys="edvr_l_deblur_reds",
    ),
    Published(
        backend="realbasicvsr",
        name="RealBasicVSR",
        use="noisy, blurred, compressed video",
        keys="realbasicvsr_x4",
    ),
)
