def verify_plan(plan):
    pass
