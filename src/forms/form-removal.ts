/** What became of a form that was to be deleted. */
export const FORM_REMOVALS = ['deleted', 'archived'] as const;
export type FormRemoval = (typeof FORM_REMOVALS)[number];
