"""What this machine does, as ratios to what it could do at best, so that figures of different machines compare.

A benchmark is no test: it prints whether a goal is met and fails only where it could not measure. The bridge is
measured as it is shipped; nothing here changes a setting of it that a user could not change, nor patches it.
"""
