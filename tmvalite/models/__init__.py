"""From options and data to a trained network, the same for every method; each step is one function from values to a new one.

    booking.book        options -> Booking                     what a string means before data
    blueprint.blueprint Booking, names of the data -> Blueprint what the network computes
    fitting.fit         Booking, Blueprint, events -> Fitted    here or in another process
    file                Trained <-> weight file

What a method adds to this is its form (form.py): its options, its blocks, what accompanies its training.
"""
