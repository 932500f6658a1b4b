from allauth.account.adapter import DefaultAccountAdapter


class StaffAdapter(DefaultAccountAdapter):
    """Staff are invited, never signed up."""

    def is_open_for_signup(self, request) -> bool:
        return False
