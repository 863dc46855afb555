"""Record how a picture is made: as an animated GIF or WebP, an MP4 video or a folder of frames."""
