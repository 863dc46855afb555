"""The layers and channels that the user has selected: GIMP selects each new layer instead."""

from gi.repository import Gimp

from gimp_plugin import canvas


class SelectedItems:
    """What was selected in an image, to be selected again."""

    def __init__(self, image: Gimp.Image, otherwise: Gimp.Layer | None) -> None:
        """Note what is selected; `otherwise` is selected if none of these layers exists any more."""
        self._image = image
        self._otherwise = otherwise
        self._layers = image.get_selected_layers()
        self._channels = image.get_selected_channels()

    def restore(self) -> None:
        """Select them again, as far as they exist."""
        there = {channel.get_id() for channel in self._image.get_channels()}
        channels = [channel for channel in self._channels if channel.get_id() in there]
        layers = [layer for layer in self._layers if canvas.attached(layer)]
        if self._layers and not layers and canvas.attached(self._otherwise):
            # It was the frame of another texture, which GIMP had just selected.
            layers = [self._otherwise]
        # GIMP takes no empty list: in a new image nothing was selected before.
        if channels:
            self._image.set_selected_channels(channels)
        elif layers:
            self._image.set_selected_layers(layers)
