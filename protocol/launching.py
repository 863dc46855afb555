"""The environment of an engine that another program starts."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from protocol.private_files import FOLDER_VARIABLE

KEEP_VARIABLE = "TEXTURE_ENGINE_KEEP"
"""Names further variables to inherit, separated by commas."""

NAMES = frozenset({
    # The user and the user's folders.
    "HOME", "USER", "LOGNAME", "SHELL", "PATH", "TMPDIR", "TEMP", "TMP", "TZ", "SNAP_REAL_HOME",
    # How to fetch weights.
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    # What Windows' own libraries need.
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "OS", "USERPROFILE", "USERNAME", "USERDOMAIN",
    "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE", "PUBLIC", "PROGRAMFILES",
    "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432",
    "COMPUTERNAME", "DRIVERDATA", "NUMBER_OF_PROCESSORS",
})  # fmt: skip
"""Inherited variables, in capitals; case is ignored."""

PREFIXES = (
    # This program, and the user's folders.
    *("TEXTURE_", "XDG_"),
    # Devices.
    *("CUDA_", "CUDNN_", "CUBLAS_", "NVIDIA_", "NCCL_", "HIP_", "HIPBLASLT_", "HSA_", "ROCR_", "ROCM_", "ROCBLAS_"),
    *("MIOPEN_", "AMD_", "ROC_", "GPU_", "ZE_", "ZES_", "SYCL_", "ONEAPI_", "UR_", "IGC_", "NEO", "MTL_", "METAL_"),
    # Threads, memory and numerics.
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "VECLIB_", "DNNL_", "ONEDNN_", "TBB_", "NUMBA_"),
    *("MALLOC_", "GLIBC_", "PROCESSOR_", "TORCH_", "TORCHINDUCTOR_", "PYTORCH_", "ATEN_", "TRITON_"),
)
"""Prefixes of further inherited variables."""

# The path of an AppImage's mounted folder, which disappears when its program ends.
_MOUNT = re.compile(r"(.*/)?\.mount_[^/]*(/.*)?")


def engine_environment(
    environment: Mapping[str, str], folder: Path, bundles: tuple[Path, ...] = ()
) -> dict[str, str]:
    """Choose the variables that an engine inherits.

    Others are left out: libraries, Pythons and settings of GIMP, its AppImage, Snap or desktop, which the engine must
    not load, and the locale, without which Python uses UTF-8 everywhere.

    Args:
        environment: Environment of the program that starts the engine.
        folder: Folder of the engine's connection file, keys and logs.
        bundles: Folders of programs that bring their own libraries; paths in them are left out.

    Returns:
        The environment of the engine.
    """
    wanted = {name.strip().upper() for name in environment.get(KEEP_VARIABLE, "").split(",")}
    found = {}
    for name, value in environment.items():
        capitals = name.upper()
        if capitals in wanted:
            found[name] = value
        elif capitals in NAMES or capitals.startswith(PREFIXES):
            # A list of folders, or a single value.
            entries = value.split(os.pathsep)
            kept = [entry for entry in entries if not _lies_in(entry, bundles)]
            if kept:
                found[name] = os.pathsep.join(kept)
    found.setdefault("PATH", os.defpath)
    return {**found, FOLDER_VARIABLE: str(folder)}


def bundles_of(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders of programs that bring their own libraries."""
    found = [Path(environment[name]) for name in ("APPDIR", "SNAP") if environment.get(name)]
    # The root folder would match every path.
    return tuple(folder for folder in found if folder.is_absolute() and folder != Path(folder.anchor))


def _lies_in(entry: str, folders: tuple[Path, ...]) -> bool:
    if _MOUNT.fullmatch(entry):
        return True
    return bool(entry) and any(Path(entry).is_relative_to(folder) for folder in folders)
