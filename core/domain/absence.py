"""What is said of a silence that holds here, and not, or not as it is now, in an Alertmanager."""


def absent(standing: str, where: str, *, made: bool, over: bool) -> str:
    """`not in Alertmanager yet`; nothing where the newest state is there. `made`: some state of it is, or was.

    `standing` is a place's. What is over and was never made there is missed by nobody.
    """
    if standing == "current" or (over and not made):
        return ""
    what = "not changed in" if made else "not in"
    return f"{what} {where}" if standing == "parked" else f"{what} {where} yet"
