"""Nodes and frames of VapourSynth, and the front end for scripts that is made of them."""
