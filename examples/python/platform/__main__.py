"""Who may do what on Pulumi Cloud, for every product: `catalog` says what there is, `practices` what it gets."""

import pulumi

from catalog import AUDITORS, OPERATORS, PRODUCTS
from practices import product_access, shared_registry, watchers

protect = pulumi.Config().require_bool("protectProduction")

registry = shared_registry(PRODUCTS, protect)
access = {product.name: product_access(product, registry, protect) for product in PRODUCTS}
watching = watchers(OPERATORS, AUDITORS)

# Each cloud account attaches its role's trust policy from here: the policies admit exactly these subjects.
locked = {f"{name}/{tier}": env for name, made in access.items() for tier, env in made.production.items()}
locked["platform/registry"] = registry
pulumi.export("trustPolicies", {name: env.aws_trust_policy for name, env in locked.items()})
pulumi.export("subjects", {name: env.subjects for name, env in locked.items()})
pulumi.export("teams", [team.team for team in [*(made.team for made in access.values()), *watching]])
