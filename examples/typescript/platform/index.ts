// Who may do what on Pulumi Cloud, for every product: catalog.ts says what there is, practices.ts what it gets.
import * as pulumi from "@pulumi/pulumi";
import type { ProductionEnvironment } from "pulumi-leastprivilege";

import { auditors, operators, products } from "./catalog";
import { productAccess, sharedRegistry, watchers } from "./practices";

const protect = new pulumi.Config().requireBoolean("protectProduction");

const registry = sharedRegistry(products, protect);
const access = products.map((product) => ({ product, ...productAccess(product, registry, protect) }));
const watching = watchers(operators, auditors);

const locked: Record<string, ProductionEnvironment> = { "platform/registry": registry };
for (const { product, production } of access) {
    for (const [tier, environment] of production) {
        locked[`${product.name}/${tier}`] = environment;
    }
}

function ofEach<T>(value: (environment: ProductionEnvironment) => T): Record<string, T> {
    return Object.fromEntries(Object.entries(locked).map(([name, environment]) => [name, value(environment)]));
}

// Each cloud account attaches its role's trust policy from here: the policies admit exactly these subjects.
export const trustPolicies = ofEach((environment) => environment.awsTrustPolicy);
export const subjects = ofEach((environment) => environment.subjects);
export const teams = [...access.map(({ team }) => team), ...watching].map(({ team }) => team);
