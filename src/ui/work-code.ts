import { once } from '../domain/once';

/**
 * What a person needs once a phone is wanted: it loads with the larger half of the page (Work.svelte), not with the first
 * look at it (test/e2e/first-load.spec.ts holds the budget).
 */
export const workCode = once(() => import('./work-flows'));
