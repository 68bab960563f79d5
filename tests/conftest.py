import os

# before torch is imported, here and in the processes that tests start: for tensors as small as the
# tests' several threads only wait for each other (measured beside another run: 10 times slower)
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings  # it must not come before the line above

# no deadline: how long an example takes says nothing on a machine that others use too
settings.register_profile("vsfilter", deadline=None)
settings.load_profile("vsfilter")
