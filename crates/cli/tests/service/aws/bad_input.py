"""What nobody should send: each is refused with the error and the status of the contract."""

import bad_bodies
import bad_signatures
import bad_tokens
import bad_values
import reach

if __name__ == "__main__":
    made = reach.client()
    bad_signatures.run(made)
    bad_bodies.run(made)
    bad_tokens.run(made)
    bad_values.run(made)
    print("all is well")
