"""The resources of a worker that its steps share."""

from stroem.definitions.amounts import Amounts, fits


class ResourcePool:
    """What is free of the resources that a worker offers. Others are not limited.

    A step that takes more than there is gets all: an older server knows no resources, and hands it out.
    """

    def __init__(self, offer: Amounts) -> None:
        self._whole = dict(offer)
        self._free = dict(offer)

    def take(self, amounts: Amounts) -> bool:
        """Takes what a step needs; False, with nothing taken, if too little is free."""
        if not fits(self._share(amounts), self._free):
            return False
        self.take_anyway(amounts)
        return True

    def take_anyway(self, amounts: Amounts) -> None:
        """Takes what a step has that runs already, also if less is free."""
        for name, amount in self._share(amounts):
            self._free[name] -= amount

    def give_back(self, amounts: Amounts) -> None:
        """Frees what a step has taken."""
        for name, amount in self._share(amounts):
            self._free[name] += amount

    def _share(self, amounts: Amounts) -> Amounts:
        return tuple([(name, min(amount, self._whole[name])) for name, amount in amounts if name in self._whole])
