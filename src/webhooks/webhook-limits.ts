/** Endpoints of a shop. */
export const MAX_WEBHOOKS = 10;
/** An endpoint at which nothing has succeeded for so long is paused. */
export const PAUSE_AFTER_DAYS = 3;
/** Deliveries are kept so long, with what was sent; longer than anything is tried. */
export const KEPT_DAYS = 7;
/** Tries of a delivery that are kept. */
export const MAX_ATTEMPTS_KEPT = 20;
/** After a change of the secret deliveries are signed by both for so long. */
export const OLD_SECRET_HOURS = 24;
