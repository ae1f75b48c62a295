"""Training on a campaign of a test, with the smallest networks."""

from automind_dash.inference.making.campaign_run import train_on


def trained(folder, **options):
    """Train on a campaign, as far as its shards let it."""
    nothing = {
        "title": "",
        "minutes": 1,
        "hidden": 8,
        "transforms": 1,
        "seed": 1,
        "pairs": 0,
        "noise_configurations": 5,
    }
    return train_on(folder, folder / "out", simulate_many=list, **nothing, **options)
