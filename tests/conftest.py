from hypothesis import settings

# no deadline: how long an example takes says nothing on a machine that others use too
settings.register_profile("vsfilter", deadline=None)
settings.load_profile("vsfilter")
