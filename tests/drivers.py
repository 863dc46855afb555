"""What drivers say of cards that do not work, and what is said of it."""

import pytest
import torch

from engine.synthesis import devices
from engine.synthesis.device_checks import check_device, listed_devices
from engine.synthesis.devices import choose_device

gpus = torch.cuda.is_available() or torch.backends.mps.is_available() or torch.xpu.is_available()
no_card = pytest.mark.skipif(gpus, reason="a device of this computer would get in the way")
NO_KERNEL = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be "
    "incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1\n"
    "Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n"
)
OLD_DRIVER = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU "
    "driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx "
    "Alternatively, go to: https://pytorch.org to install a PyTorch version that has been compiled with your version "
    "of the CUDA driver. (Triggered internally at /pytorch/c10/cuda/CUDAFunctions.cpp:119.)"
)
INSUFFICIENT = "CUDA driver version is insufficient for CUDA runtime version"
FULL = (
    "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 23.69 GiB of which 11.00 MiB is "
    "free. Process 4242 has 23.67 GiB memory in use."
)
SAID = {
    NO_KERNEL: ("CUDA error: no kernel image is available for execution on the device", "install a PyTorch that"),
    OLD_DRIVER: ("The NVIDIA driver on your system is too old (found version 11040)", "update its driver"),
    INSUFFICIENT: (INSUFFICIENT, "update its driver"),
    FULL: ("CUDA out of memory: Tried to allocate 20.00 MiB", "end other programs"),
    "HIP error: invalid device function\nHIP kernel errors": (
        "HIP error: invalid device function",
        "install a PyTorch",
    ),
    "MPS backend out of memory (MPS allocated: 0 bytes, max allowed: 9.07 GB). Tried": (
        "MPS backend out of memory (MPS allocated: 0 bytes, max allowed: 9.07 GB)",
        "end other programs",
    ),
    "Native API failed. Native API returns: 40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)": (
        "Native API failed: Native API returns: 40 (UR_RESULT_ERROR_OUT_OF_RESOURCES)",
        "end other programs",
    ),
    "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED": ("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED", "see that its driver"),
    "": ("RuntimeError", "see that its driver"),
}


@pytest.fixture(autouse=True)
def forgotten():
    """Devices are tried once; here, once in each test."""

    def forget():
        for found in (listed_devices, check_device, choose_device, devices._tell_of_others):  # noqa: SLF001
            found.cache_clear()

    forget()
    yield
    forget()
