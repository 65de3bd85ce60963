"""How often forms that guess can attack may be tried; docs/security.md says why. Ours stand below allauth's."""

from typing import Final

PEOPLE_OF_A_NETWORK: Final = 4  # behind one address sits an office


def rates(*, invites: int, organizations: int, sender_links: int) -> dict[str, str]:
    """For allauth's ACCOUNT_RATE_LIMITS. The arguments: how many one account may cause a day."""
    return {
        "login": "30/m/ip",
        "login_failed": "10/m/ip,5/5m/key",  # the key is the account and the network
        "signup": "20/m/ip",
        "reset_password": "20/m/ip,5/m/key",
        "reset_password_from_key": "20/m/ip",
        "reauthenticate": "10/m/user",
        "account_everywhere": "50/h/key",  # wrong passwords for an account, from all browsers that it does not know
        "known_browser": "20/h/key",
        "second_factor": "20/m/ip",
        "confirm_link": "20/m/ip",
        "shared_figures": "60/m/ip",
        # Score cards in help desks: addresses that may not be signed, by network; those that are, by their key.
        "score_card_tries": "600/m/ip",
        "score_card": "1200/m/key",
        "single_sign_on": "30/m/ip",
        "accept_invitation": "20/m/ip",
        "confirm_sender": "20/m/ip",
        # Rating rows, whose links are not signed for a person: clicks that write, and answers of nobody known; the key is the campaign.
        "rating_of_anyone": "30/h/ip,600/h/key",
        "link_visit": "60/m/ip",  # visits of links to review sites and of referrals that are counted; people always get there
        "referral_signup": "600/m/key",  # sign-ups that a company's server tells of; the key is the organization
        "mail_account": "30/h/key",  # tries of an account with a mail provider; the key is the organization
        "hook_test": "30/h/key",  # calls of other systems; the key is the organization
        "domain_check": "20/h/key",  # questions to name servers; the key is the organization
        "new_organization": f"{organizations}/d/user",
        "organization_of_network": f"{organizations * PEOPLE_OF_A_NETWORK}/d/ip",  # those made at sign-up too
        "invite": f"{invites * PEOPLE_OF_A_NETWORK}/d/ip",  # each address counts; those of a person are counted in rows
        # Mails to addresses that an organization would like to send from; the key is the organization.
        "sender_link": f"{sender_links}/d/key,{sender_links}/d/user,{sender_links * PEOPLE_OF_A_NETWORK}/d/ip",
    }
