// Made by `npm run generate` from the routes: change those, and make it anew.

export interface paths {
    "/api/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create an account and sign in */
        post: operations["Auth_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in */
        post: operations["Auth_login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange the refresh token for new tokens
         * @description A refresh token serves once; a used one that comes back ends its session.
         */
        post: operations["Auth_refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends every session that the Bearer token and the cookies are of, also by tokens that have expired, and clears the cookies; answers the same when there is nothing to end.
         */
        post: operations["Auth_logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/ensure-profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Who is signed in, with the cookies of the session
         * @description For an app that signed in across origins, where the sign-in could set none.
         */
        post: operations["Auth_ensureProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["Auth_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The devices that are signed in, newest first */
        get: operations["Sessions_list"];
        put?: never;
        post?: never;
        /** Sign out all other devices */
        delete: operations["Sessions_revokeOthers"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out one device */
        delete: operations["Sessions_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link to set a new password
         * @description Answers the same whether there is such an account or not.
         */
        post: operations["Password_forgot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password with the token of the link
         * @description The token serves once, within 30 minutes; every session of the account ends.
         */
        post: operations["Password_reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the password
         * @description Every other session of the account ends.
         */
        put: operations["Password_change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/email/verify/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for a link that confirms the e-mail address */
        post: operations["EmailVerification_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirm the e-mail address with the token of the link */
        post: operations["EmailVerification_verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/users/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Somebody by username, to invite */
        get: operations["Profile_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/users/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change oneself: name, picture, password
         * @description A new password ends the other sessions.
         */
        put: operations["Profile_update"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/users/{userId}/disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Forbid or allow a user to sign in
         * @description For administrators of the platform, who have proven an address of `ADMIN_EMAILS`; for everybody else there is no such user.
         */
        put: operations["Profile_setDisabled"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/facebook/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Link Facebook to the account with the same e-mail, and sign in
         * @description For a sign-in with Facebook that ended with `link_required`: the handle it gave, and the account's password. A handle bears five tries.
         */
        post: operations["FacebookAuth_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's shops */
        get: operations["Shops_list"];
        put?: never;
        /** Open a shop */
        post: operations["Shops_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One shop with its settings
         * @description Permission: `shop:read` (agent and above).
         */
        get: operations["Shops_get"];
        /**
         * Change a shop and its settings
         * @description Takes a whole shop or parts: what is left out stays, each group of settings is replaced whole. Owner, team, plan, products, forms, orders and conversations do not change this way.
         *
         *     Permission: `shop:write` (admin and above).
         */
        put: operations["Shops_update"];
        post?: never;
        /**
         * Delete a shop: it is gone for everybody at once
         * @description Permission: `shop:delete` (owner).
         */
        delete: operations["Shops_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/team": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The team
         * @description With the open invitations, for those who may invite.
         *
         *     Permission: `team:read` (agent and above).
         */
        get: operations["Team_list"];
        put?: never;
        /**
         * Add somebody to the team, or invite them
         * @description Who has an account is added at once; an unknown e-mail address gets a link that counts for 7 days. Admins give roles up to manager, the owner also admin. Links are limited: one in two minutes to an address from the same shop, 5 an hour from all shops, 50 an hour from a person.
         *
         *     Permission: `team:write` (admin and above).
         */
        post: operations["Team_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/team/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Leave the team
         * @description Permission: `team:leave` (agent and above).
         */
        post: operations["Team_leave"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/team/invitations/{invitationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraw an invitation
         * @description Permission: `team:write` (admin and above).
         */
        delete: operations["Team_withdraw"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/team/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change a member's role
         * @description Admins change agents and managers, the owner also admins.
         *
         *     Permission: `team:write` (admin and above).
         */
        put: operations["Team_setRole"];
        post?: never;
        /**
         * Take a member out of the team
         * @description Admins take out agents and managers, the owner also admins.
         *
         *     Permission: `team:write` (admin and above).
         */
        delete: operations["Team_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a member the owner
         * @description Who owned the shop stays as admin.
         *
         *     Permission: `shop:transfer` (owner).
         */
        post: operations["Team_transfer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join the shop of an invitation
         * @description Signed in with the address that the invitation was sent to.
         */
        post: operations["Invitations_accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The people of the caller's shops
         * @description At most 500; somebody outside is found by exact username.
         */
        get: operations["Colleagues_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store files: pictures, videos, PDF
         * @description Several at a time, answered in their order. Taken by their content: JPEG, PNG, WebP and GIF pictures, MP4 and WebM videos, and PDF files. At most 10 MB a picture, 50 MB a video, 10 MB a PDF file. Pictures are written anew, upright and without their metadata. The same file again is the same file.
         *
         *     Permission: `media:write` (agent and above).
         */
        post: operations["Media_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/media/{fileId}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A public file
         * @description May be kept for ever; takes ranges.
         */
        get: operations["MediaFiles_getPublic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/media/private/{fileId}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A private file, by an address that an answer has given
         * @description The address is good for some minutes: read again what shows it, for a new one.
         */
        get: operations["MediaFiles_getPrivate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The shop's customers, newest first
         * @description Permission: `customers:read` (agent and above).
         */
        get: operations["Customers_list"];
        put?: never;
        /**
         * Enter a customer
         * @description Whoever orders or writes with a phone or an e-mail becomes a customer by themselves. The failure `conflict` names who has one of these already in `data.customerId`.
         *
         *     Permission: `customers:write` (manager and above).
         */
        post: operations["Customers_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/customers/{customerId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One customer with their newest orders and conversations
         * @description The id of a merged customer answers whom they have become.
         *
         *     Permission: `customers:read` (agent and above).
         */
        get: operations["Customers_get"];
        /**
         * Change a customer
         * @description Takes the whole customer or parts. `conflict` as when entering one.
         *
         *     Permission: `customers:write` (manager and above).
         */
        put: operations["Customers_update"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/customers/{customerId}/merge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Merge a customer into another
         * @description Orders and conversations go to the other, phones, e-mails, tags and notes too; answers the other. This id then stands for the other. May be repeated.
         *
         *     Permission: `customers:write` (manager and above).
         */
        post: operations["CustomerPrivacy_merge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/customers/{customerId}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything the shop holds of one person
         * @description Written row by row: an answer that is cut off on the way is no JSON.
         *
         *     Permission: `customers:export` (admin and above).
         */
        get: operations["CustomerPrivacy_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/customers/{customerId}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase one person's data
         * @description Orders stay, without name, contact, answers and notes; of the conversations stay the times and the numbers of their messages, of the payments the amounts and states, without what proved a transfer. May be repeated. Answers kept under an `Idempotency-Key` go within 24 hours, webhooks of payment platforms within 90 days.
         *
         *     Permission: `customers:erase` (admin and above).
         */
        post: operations["CustomerPrivacy_erase"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/integrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The connections with the five platforms
         * @description All five, connected or not; never a token.
         *
         *     Permission: `integrations:read` (agent and above).
         */
        get: operations["Integrations_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/integrations/{platform}/authorize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a popup goes to connect
         * @description Marks the browser by a cookie: call it from the browser that opens the popup. At the end the popup posts `{ type: 'oauth_callback', code }` to the page that opened it, for `connect`.
         *
         *     Permission: `integrations:write` (admin and above).
         */
        get: operations["Integrations_authorize"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/integrations/{platform}/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Connect with what the popup handed over
         * @description Takes the one-time handle of our callback, or a platform's code that came back to `/oauth/<platform>/callback` at the address of the app.
         *
         *     Permission: `integrations:write` (admin and above).
         */
        post: operations["Integrations_connect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/integrations/{platform}/disconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disconnect
         * @description At once here; the permission is revoked at the platform afterwards, for a week if need be.
         *
         *     Permission: `integrations:write` (admin and above).
         */
        post: operations["Integrations_disconnect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/integrations/{platform}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose among several pages
         * @description Permission: `integrations:write` (admin and above).
         */
        put: operations["Integrations_choosePage"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/products/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a CSV file into the catalogue
         * @description UTF-8, with commas, semicolons or tabs, in quotes where needed. The first line
         *     names the columns, in any order and case; other columns are left out: `id`, `sku`, `name`, `itemType`, `category`, `description`, `facebookSubtitle`, `retailPrice`, `originalPrice`, `promoPrice`, `promoStartDate`, `promoEndDate`, `currency`, `stock`, `warranty`, `duration`, `location`, `imageUrl`, `formId`, `buttons`.
         *     `buttons` is JSON; where the file has semicolons or tabs, amounts may have a decimal comma. What may
         *     mean thousands, such as `1,000` or `1.000`, is refused. `id`, `sku` and `name` have one line.
         *
         *     An apostrophe before a text that a spreadsheet would take for a formula (`'=1+1`) is taken away when
         *     the file is imported, and put there when it is exported, as before a text that begins with one.
         *
         *     A row changes the product with its `id`, else with its `sku`; else it adds one. A row without
         *     either is known again by its `name`, so that the same file twice adds nothing twice. Columns that are
         *     missing stay as they are; an empty cell empties its field, but for `name`, `itemType` and
         *     `retailPrice`; an empty `stock` is not counted. A `currency` must be the shop's.
         *
         *     Every good row is kept, and the answer tells of the others; after one with wrong quotes reading goes
         *     on at the next line. At most 5 MB (else 413) and 10000
         *     rows: those beyond are left out and told of. An import that breaks off can be sent again as it is.
         *
         *     Permission: `products:write` (manager and above).
         */
        post: operations["ProductFiles_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/products/export.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The whole catalogue as a CSV file, oldest first
         * @description Imported again, it makes the same catalogue; above 10000 rows or 5 MB in
         *     parts. UTF-8, with commas, semicolons or tabs, in quotes where needed. The first line
         *     names the columns, in any order and case; other columns are left out: `id`, `sku`, `name`, `itemType`, `category`, `description`, `facebookSubtitle`, `retailPrice`, `originalPrice`, `promoPrice`, `promoStartDate`, `promoEndDate`, `currency`, `stock`, `warranty`, `duration`, `location`, `imageUrl`, `formId`, `buttons`.
         *     `buttons` is JSON; where the file has semicolons or tabs, amounts may have a decimal comma. What may
         *     mean thousands, such as `1,000` or `1.000`, is refused. `id`, `sku` and `name` have one line.
         *
         *     An apostrophe before a text that a spreadsheet would take for a formula (`'=1+1`) is taken away when
         *     the file is imported, and put there when it is exported, as before a text that begins with one.
         *
         *     Permission: `products:read` (agent and above).
         */
        get: operations["ProductFiles_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalogue: searched, filtered, sorted
         * @description Oldest first, or by `sort` and `order`. Filter by one of `q`, `category`, `itemType` and `stock`, or by `category` and `stock`. `name` and `retailPrice` sort all, a category or a type; `stock=in` and `stock=low` come sorted by `stock`. Other combinations are refused.
         *
         *     Permission: `products:read` (agent and above).
         */
        get: operations["Products_list"];
        put?: never;
        /**
         * Add a product or a service
         * @description Permission: `products:write` (manager and above).
         */
        post: operations["Products_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/products/{productId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One product
         * @description Permission: `products:read` (agent and above).
         */
        get: operations["Products_get"];
        /**
         * Change a product, by the whole of it or a part
         * @description What is left out stays as it is; null or an empty text takes away what a product need not have. Amounts are in the shop's currency. A new `stock` is recorded as a correction.
         *
         *     Permission: `products:write` (manager and above).
         */
        put: operations["Products_replace"];
        post?: never;
        /**
         * Take a product out of the catalogue
         * @description Its orders keep its name and the price they were placed with.
         *
         *     Permission: `products:write` (manager and above).
         */
        delete: operations["Products_remove"];
        options?: never;
        head?: never;
        /**
         * Change some of a product
         * @description What is left out stays as it is; null or an empty text takes away what a product need not have. Amounts are in the shop's currency. A new `stock` is recorded as a correction.
         *
         *     Permission: `products:write` (manager and above).
         */
        patch: operations["Products_update"];
        trace?: never;
    };
    "/api/shops/{shopId}/products/{productId}/stock-movements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a stock came to be, newest first
         * @description Permission: `products:read` (agent and above).
         */
        get: operations["StockMovements_list"];
        put?: never;
        /**
         * Add pieces to a stock, or take some away
         * @description Permission: `products:write` (manager and above).
         */
        post: operations["StockMovements_adjust"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/forms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The shop's forms, oldest first
         * @description Permission: `forms:read` (agent and above).
         */
        get: operations["Forms_list"];
        put?: never;
        /**
         * Make a form
         * @description Permission: `forms:write` (manager and above).
         */
        post: operations["Forms_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/forms/{formId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One form
         * @description Permission: `forms:read` (agent and above).
         */
        get: operations["Forms_get"];
        /**
         * Change a form
         * @description The whole form, or what is to change. Fields keep their ids; when they change, `version` counts on, and what was asked before stays to be read under its version.
         *
         *     Permission: `forms:write` (manager and above).
         */
        put: operations["Forms_update"];
        post?: never;
        /**
         * Delete a form, or archive it
         * @description It is archived while an open order (pending, processing) came by it.
         *
         *     Permission: `forms:write` (manager and above).
         */
        delete: operations["Forms_remove"];
        options?: never;
        head?: never;
        /**
         * Change a form, as PUT does
         * @description The whole form, or what is to change. Fields keep their ids; when they change, `version` counts on, and what was asked before stays to be read under its version.
         *
         *     Permission: `forms:write` (manager and above).
         */
        patch: operations["Forms_patch"];
        trace?: never;
    };
    "/api/shops/{shopId}/forms/{formId}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a form asked in one of its versions
         * @description Also of a form that was deleted: its orders still show their answers.
         *
         *     Permission: `forms:read` (agent and above).
         */
        get: operations["Forms_getVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/forms/{formId}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a form to customers
         * @description Permission: `forms:write` (manager and above).
         */
        post: operations["Forms_publish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/forms/{formId}/unpublish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a form to customers
         * @description Permission: `forms:write` (manager and above).
         */
        post: operations["Forms_unpublish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/forms/{formId}/duplicate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a draft with the same questions
         * @description Permission: `forms:write` (manager and above).
         */
        post: operations["Forms_duplicate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The shop's orders, newest first
         * @description With several filters a page may be shorter than its limit, or empty, while `meta.nextCursor` leads on: the list has ended where that is null.
         *
         *     Permission: `orders:read` (agent and above).
         */
        get: operations["Orders_list"];
        put?: never;
        /**
         * Enter an order for a customer
         * @description Prices and the total are taken from the catalogue; the stock is taken at once.
         *
         *     Permission: `orders:create` (manager and above).
         */
        post: operations["Orders_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/orders/{orderId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One order, by its id or its number
         * @description Permission: `orders:read` (agent and above).
         */
        get: operations["Orders_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/orders/{orderId}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Move an order on
         * @description pending → processing → completed; pending and processing → cancelled; processing and completed → returned. A cancelled or returned order gives its pieces back to the stock.
         *
         *     Permission: `orders:status` (agent and above).
         */
        put: operations["Orders_changeStatus"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/reports/sales": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sales at a glance
         * @description Counts the orders placed from one day to another of the shop's time zone, as they stand now. Sales are those that are neither cancelled nor returned, paid or not; amounts are the prices at ordering, in the shop's currency.
         *
         *     Permission: `reports:read` (manager and above).
         */
        get: operations["SalesReport_sales"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The inbox, newest activity first
         * @description Each conversation carries its last message only.
         *
         *     Permission: `conversations:read` (agent and above).
         */
        get: operations["Conversations_list"];
        put?: never;
        /**
         * Open a conversation
         * @description Permission: `conversations:write` (agent and above).
         */
        post: operations["Conversations_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/conversations/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much nobody has read yet
         * @description Permission: `conversations:read` (agent and above).
         */
        get: operations["Conversations_unread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/conversations/{conversationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One conversation with its newest 50 messages
         * @description Permission: `conversations:read` (agent and above).
         */
        get: operations["Conversations_get"];
        /**
         * Assign, tag, close, read a conversation
         * @description Takes the whole conversation or parts; its messages are not changed this way.
         *
         *     Permission: `conversations:write` (agent and above).
         */
        put: operations["Conversations_update"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/conversations/{conversationId}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A conversation's messages, newest first
         * @description Permission: `conversations:read` (agent and above).
         */
        get: operations["Messages_list"];
        put?: never;
        /**
         * Write to the customer, or a note to the team
         * @description Answers the conversation with the new message last, and the message itself as `message`. Sender, id and time are decided here. A message whose `clientMessageId` is known is answered as it was stored.
         *
         *     Permission: `conversations:write` (agent and above).
         */
        post: operations["Messages_send"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The shop's payments, or those of an order, newest first
         * @description Permission: `payments:read` (agent and above).
         */
        get: operations["Payments_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the providers have told of the shop's payments, newest first
         * @description One that is `received` waits for its next try; one that is `stuck` for `retry`.
         *
         *     Permission: `payments:read` (agent and above).
         */
        get: operations["Payments_webhooks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/webhooks/{eventId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a stuck webhook processed again
         * @description Permission: `payments:write` (manager and above).
         */
        post: operations["Payments_retryWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All that happened to a payment, oldest first
         * @description Requests, answers, webhooks, facts and transitions; lines are only ever added.
         *
         *     Permission: `payments:read` (agent and above).
         */
        get: operations["Payments_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/intent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin the payment of an order
         * @description What is paid is the order's total in its currency. Begun twice by one provider, it is the same payment. The sandbox behaves by the amount: one that ends in .01 is declined, in .02 needs a second confirm, in .03 settles after some seconds.
         *
         *     Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_begin[0]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/intent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin the payment of an order
         * @description What is paid is the order's total in its currency. Begun twice by one provider, it is the same payment. The sandbox behaves by the amount: one that ends in .01 is declined, in .02 needs a second confirm, in .03 settles after some seconds.
         *
         *     Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_begin[1]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the money, or hear how far the payer has come
         * @description A declined card is an answer: `status` is failed and `failure` says why.
         *
         *     Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_confirm[0]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take the money, or hear how far the payer has come
         * @description A declined card is an answer: `status` is failed and `failure` says why.
         *
         *     Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_confirm[1]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payment
         * @description Permission: `payments:read` (agent and above).
         */
        get: operations["PaymentIntents_get[0]"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/{paymentId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payment
         * @description Permission: `payments:read` (agent and above).
         */
        get: operations["PaymentIntents_get[1]"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a payment that was not made
         * @description Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_cancel[0]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/{paymentId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a payment that was not made
         * @description Permission: `payments:write` (manager and above).
         */
        post: operations["PaymentIntents_cancel[1]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the money back, all or in part
         * @description Never more than was taken. Where the provider does not answer, the refund is `unknown` and is asked for again, with the same key, until it is known.
         *
         *     Permission: `payments:refund` (admin and above).
         */
        post: operations["PaymentIntents_refund[0]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/{paymentId}/refund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the money back, all or in part
         * @description Never more than was taken. Where the provider does not answer, the refund is `unknown` and is asked for again, with the same key, until it is known.
         *
         *     Permission: `payments:refund` (admin and above).
         */
        post: operations["PaymentIntents_refund[1]"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a transfer has come: its order is paid
         * @description Permission: `payments:write` (manager and above).
         */
        post: operations["Transfers_accept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a transfer has not come; the customer may attach another proof
         * @description Permission: `payments:write` (manager and above).
         */
        post: operations["Transfers_reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/payments/{paymentId}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the customer shows for a transfer
         * @description Permission: `payments:read` (agent and above).
         */
        get: operations["Transfers_proof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/vapid-public-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The key by which a browser subscribes to web push */
        get: operations["PushDevices_vapidPublicKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/subscribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Be told by web push in this browser
         * @description Takes what `pushManager.subscribe` has given, as JSON. A person has at most 10 devices: the one that was away longest makes room. A device ends with the session that subscribed it.
         */
        post: operations["PushDevices_subscribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/unsubscribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Be told no more by web push
         * @description With an endpoint in that browser; without one on all devices of this session.
         */
        post: operations["PushDevices_unsubscribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your notifications of all your shops, unread first
         * @description Within the unread, and then within the read, the newest first; kept for 90 days.
         */
        get: operations["Notifications_list"];
        put?: never;
        post?: never;
        /** Delete all */
        delete: operations["Notifications_removeAll"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many you have not read */
        get: operations["Notifications_unread"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark all as read */
        post: operations["Notifications_readAll"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/{notificationId}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark one as read
         * @description Your other devices take it away too.
         */
        post: operations["Notifications_read"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/{notificationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete one */
        delete: operations["Notifications_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/notification-preferences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What you are told in this shop, and how
         * @description Permission: `notifications:own` (agent and above).
         */
        get: operations["Preferences_get"];
        /**
         * Choose what you are told in this shop, and how
         * @description What is not named stays as it is.
         *
         *     Permission: `notifications:own` (agent and above).
         */
        put: operations["Preferences_update"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The shop's webhooks
         * @description Permission: `webhooks:read` (admin and above).
         */
        get: operations["Webhooks_list"];
        put?: never;
        /**
         * Have an address told of what happens in the shop
         * @description At most 10 in a shop. Deliveries are signed, tried eight times within about a day, and after 3 days in which all failed the webhook is paused. The answer shows the secret this once; how it verifies a delivery is in docs/webhooks.md.
         *
         *     Permission: `webhooks:write` (admin and above).
         */
        post: operations["Webhooks_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks/{webhookId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook
         * @description Permission: `webhooks:read` (admin and above).
         */
        get: operations["Webhooks_get"];
        /**
         * Change, pause or resume a webhook
         * @description The whole webhook, or what is to change.
         *
         *     Permission: `webhooks:write` (admin and above).
         */
        put: operations["Webhooks_update"];
        post?: never;
        /**
         * Remove a webhook, with its deliveries
         * @description Permission: `webhooks:write` (admin and above).
         */
        delete: operations["Webhooks_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks/{webhookId}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change the secret
         * @description For 24 hours deliveries carry a signature by each of the two. The answer shows the new one this once.
         *
         *     Permission: `webhooks:write` (admin and above).
         */
        post: operations["Webhooks_rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks/{webhookId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test
         * @description `webhook.test`, once, also to a paused webhook. Its delivery tells the outcome.
         *
         *     Permission: `webhooks:write` (admin and above).
         */
        post: operations["WebhookDeliveries_test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks/{webhookId}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent and how it went, newest first
         * @description Of the last 7 days.
         *
         *     Permission: `webhooks:read` (admin and above).
         */
        get: operations["WebhookDeliveries_deliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a delivery again
         * @description At once, with the same event id and the same body, and as many tries as at first.
         *
         *     Permission: `webhooks:write` (admin and above).
         */
        post: operations["WebhookDeliveries_redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A shop, for its customers */
        get: operations["Storefront_getShop"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the shop sells, oldest first
         * @description `currentPrice` is what an order costs today, in the time zone of the shop. The answer may be kept, and is asked after at each use: a change shows at once.
         */
        get: operations["Storefront_listProducts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/products/{productId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One product */
        get: operations["Storefront_getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/forms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The published forms, oldest first */
        get: operations["Storefront_listForms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/forms/{formId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A published form */
        get: operations["Storefront_getForm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/forms/{formId}/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a form: places an order
         * @description Prices and the total are taken from the catalogue; the stock is taken at once. Each wrong answer is named as `answers.<field id>`. An Item Selector sells only its `itemIds`, a Payment Selector takes only what the shop offers, by name or id. At most 128 KB, 30 submissions a minute per address, 20 of them to one shop. `website` is a trap for programs: show it to nobody and leave it empty. The token in the answer opens the order at `GET /api/public/orders/:orderId`.
         */
        post: operations["StorefrontOrders_submit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/orders/{orderId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the order stands, for who placed it
         * @description With the token of its submission as Bearer.
         */
        get: operations["StorefrontOrders_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/orders/{orderId}/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin the payment of my order */
        post: operations["StorefrontPayments_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/orders/{orderId}/payments/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pay, or hear how far I have come */
        post: operations["StorefrontPayments_confirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/orders/{orderId}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show the proof of my transfer
         * @description The bank's number, a picture, or both; the shop then looks whether it has come.
         */
        post: operations["StorefrontPayments_attach"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start a web chat
         * @description The token in the answer opens this conversation to its customer.
         */
        post: operations["StorefrontConversations_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/conversations/{conversationId}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The customer's own messages and the answers, newest first */
        get: operations["StorefrontConversations_list"];
        put?: never;
        /** Write to the shop */
        post: operations["StorefrontConversations_send"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/orders/{orderId}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store files for the proof of my transfer
         * @description Several at a time, answered in their order. Taken by their content: JPEG, PNG, WebP and GIF pictures, MP4 and WebM videos, and PDF files. At most 10 MB a picture, 50 MB a video, 10 MB a PDF file. Pictures are written anew, upright and without their metadata. The same file again is the same file.
         */
        post: operations["StorefrontMedia_uploadToOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/public/shops/{slugOrId}/conversations/{conversationId}/media": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store files to send along in my chat
         * @description Several at a time, answered in their order. Taken by their content: JPEG, PNG, WebP and GIF pictures, MP4 and WebM videos, and PDF files. At most 10 MB a picture, 50 MB a video, 10 MB a PDF file. Pictures are written anew, upright and without their metadata. The same file again is the same file.
         */
        post: operations["StorefrontMedia_uploadToConversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/shops/{shopId}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Everything of a shop that is newer than a number
         * @description Keep the highest `seq` of what you read and what the sockets told you, and pass it after a gap. Each document comes once, as it is now. Some of what you have comes again: drop what you know by `id` and `seq`.
         *
         *     Permission: `changes:read` (agent and above).
         */
        get: operations["Sync_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs */
        get: operations["Health_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process can serve */
        get: operations["Health_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/jobs/dead": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs that failed at every try, the newest first
         * @description For who runs this server: `OPERATOR_TOKEN` is the Bearer.
         */
        get: operations["OperatorJobs_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/operator/jobs/dead/{jobId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a dead job again, with all its tries
         * @description For who runs this server: `OPERATOR_TOKEN` is the Bearer.
         */
        post: operations["OperatorJobs_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        UserResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            id: string;
            /** @example mya@example.com */
            email: string;
            /** @example mya */
            username: string;
            /**
             * @example owner
             * @enum {string}
             */
            role: "owner" | "admin" | "agent";
            /** @example https://media.example.com/avatars/mya.webp */
            avatarUrl?: string;
            /**
             * @description Whether the address was proven by a link.
             * @example true
             */
            emailVerified: boolean;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T10:00:00.000Z
             */
            lastLogin?: string;
        };
        SignInResponse: {
            user: components["schemas"]["UserResponse"];
            /**
             * @description Access token, 15 minutes: `Authorization: Bearer`.
             * @example eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl
             */
            token: string;
            /**
             * @description Only with `X-Token-Transport: body`; browsers get it as a cookie.
             * @example 6741c0c0a5f2d13b8c9e0001.1.PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk
             */
            refreshToken?: string;
        };
        RegisterDto: {
            /** @example mya@example.com */
            email: string;
            /** @example a long pass phrase */
            password: string;
            /** @example mya */
            username: string;
        };
        LoginDto: {
            /** @example mya@example.com */
            email: string;
            /** @example a long pass phrase */
            password: string;
        };
        RefreshDto: {
            /**
             * @description Only with `X-Token-Transport: body`; browsers send it as a cookie.
             * @example 6741c0c0a5f2d13b8c9e0001.1.PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk
             */
            refreshToken?: string;
        };
        DoneResponse: {
            /**
             * @example true
             * @enum {boolean}
             */
            done: true;
        };
        SessionResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            id: string;
            /** @example Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0 */
            userAgent?: string;
            /**
             * @description Address of the sign-in.
             * @example 203.0.113.7
             */
            ip?: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description To the minute.
             * @example 2026-11-23T10:00:00.000Z
             */
            lastUsedAt: string;
            /**
             * @description Whether this is the device that asks.
             * @example true
             */
            current: boolean;
        };
        ForgotPasswordDto: {
            /** @example mya@example.com */
            email: string;
        };
        ResetPasswordDto: {
            /**
             * @description The token of the link in the e-mail.
             * @example dGhlIHRva2VuIG9mIHRoZSBsaW5rIGluIHRoZSBtYWls
             */
            token: string;
            /** @example another pass phrase */
            password: string;
        };
        ChangePasswordDto: {
            /** @example the pass phrase of today */
            currentPassword: string;
            /** @example another pass phrase */
            password: string;
        };
        OneTimeTokenDto: {
            /**
             * @description The token of the link in the e-mail.
             * @example dGhlIHRva2VuIG9mIHRoZSBsaW5rIGluIHRoZSBtYWls
             */
            token: string;
        };
        PersonResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            id: string;
            /** @example aung */
            username: string;
            /** @example https://media.example.com/avatars/aung.webp */
            avatarUrl?: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
        };
        UpdateProfileDto: {
            /** @example mya */
            username?: string;
            /**
             * @description A picture as a data URL, which is stored, or its address; empty removes it.
             * @example https://media.example.com/avatars/mya.webp
             */
            avatarUrl?: string;
            /**
             * @description The app's name for a new password, in clear: taken without the old one within 10 minutes of a sign-in with the password.
             * @example another pass phrase
             */
            passwordHash?: string;
            /**
             * @description The password of today, with `password`.
             * @example the pass phrase of today
             */
            currentPassword?: string;
            /**
             * @description A new password, with `currentPassword`.
             * @example another pass phrase
             */
            password?: string;
        };
        DisableUserDto: {
            /**
             * @description true ends every session and forbids new ones.
             * @example true
             */
            disabled: boolean;
        };
        LinkFacebookDto: {
            /**
             * @description From the result of the sign-in with Facebook; serves once, for 10 minutes.
             * @example PZ2mSxrTjZL4pJxvW0S7mXfYy4m2hHn0Vn4aU1x0hJk
             */
            handle: string;
            /**
             * @description Of the account that has the same e-mail.
             * @example a long pass phrase
             */
            password: string;
        };
        TeamMemberResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            userId: string;
            /**
             * @example owner
             * @enum {string}
             */
            role: "agent" | "manager" | "admin" | "owner";
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            addedAt: string;
        };
        SubscriptionResponse: {
            /** @example Trial */
            plan: string;
            /** @example active */
            status: string;
        };
        ShopIntegrationResponse: {
            /** @example true */
            isConnected: boolean;
            /**
             * @description Of the page, account or bot.
             * @example 104857600000001
             */
            pageId?: string;
            /** @example Mya Coffee */
            displayName: string;
            /**
             * @example [
             *       "pages_show_list",
             *       "pages_messaging"
             *     ]
             */
            scopes: string[];
            /**
             * Format: date-time
             * @example 2027-01-24T09:00:00.000Z
             */
            expiresAt?: string;
        };
        ShopIntegrationsResponse: {
            facebook: components["schemas"]["ShopIntegrationResponse"];
            instagram: components["schemas"]["ShopIntegrationResponse"];
            tiktok: components["schemas"]["ShopIntegrationResponse"];
            telegram: components["schemas"]["ShopIntegrationResponse"];
            viber: components["schemas"]["ShopIntegrationResponse"];
        };
        ShopDetailsResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            id: string;
            /** @example Mya Coffee */
            name: string;
            /** @example mya-coffee */
            slug: string;
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            ownerId: string;
            team: components["schemas"]["TeamMemberResponse"][];
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string;
            /**
             * @description IANA name.
             * @example Asia/Yangon
             */
            timeZone: string;
            /** @example Coffee from the Shan hills. */
            description: string;
            /** @example https://media.example.com/logos/mya.webp */
            logoUrl?: string;
            /** @example +95 9 123 456 */
            phone: string;
            /** @example hello@mya.example */
            email: string;
            /** @example 12 Strand Road, Yangon */
            address: string;
            /**
             * @description Number of the shop's last change.
             * @example 42
             */
            seq: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
            subscription: components["schemas"]["SubscriptionResponse"];
            integrations: components["schemas"]["ShopIntegrationsResponse"];
            /** @example [] */
            items: unknown[];
            /** @example [] */
            forms: unknown[];
            /** @example [] */
            formSubmissions: unknown[];
            /** @example [] */
            liveConversations: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "responseDelay": 0
             *     }
             */
            assistantConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 256 KB as JSON.
             * @example {
             *       "userDefined": "",
             *       "productData": ""
             *     }
             */
            knowledgeBase: {
                [key: string]: unknown;
            };
            /**
             * @description At most 96 KB as JSON.
             * @example []
             */
            keywordRules: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            quickReplies: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            savedReplies: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            menus: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            paymentMethods: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "strings": {}
             *     }
             */
            orderManagementFlowConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {
             *       "defaultFormId": ""
             *     }
             */
            offlineSaleConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            onlineSaleConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {}
             */
            bookingConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            receiptConfig: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            onboarding: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            customerEntryPoint: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            notificationSettings: {
                [key: string]: unknown;
            };
            /**
             * @description At most 128 KB as JSON.
             * @example []
             */
            expenses: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            todos: unknown[];
            /**
             * @description At most 48 KB as JSON.
             * @example []
             */
            calendarEvents: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example
             */
            quickNote: string;
            /**
             * @description At most 8 KB as JSON.
             * @example []
             */
            widgets: unknown[];
        };
        CreateShopDto: {
            /** @example Mya Coffee */
            name: string;
            /**
             * @description Address of the public shop; made from the name when left out.
             * @example mya-coffee
             */
            slug?: string;
            /**
             * @description ISO 4217 code.
             * @example USD
             */
            currency: string;
            /**
             * @description IANA name.
             * @default UTC
             * @example Asia/Yangon
             */
            timeZone?: string;
            /** @example Coffee from the Shan hills. */
            description?: string;
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "responseDelay": 0
             *     }
             */
            assistantConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 256 KB as JSON.
             * @example {
             *       "userDefined": "",
             *       "productData": ""
             *     }
             */
            knowledgeBase?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 96 KB as JSON.
             * @example []
             */
            keywordRules?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            quickReplies?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            savedReplies?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            menus?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            paymentMethods?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "strings": {}
             *     }
             */
            orderManagementFlowConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {
             *       "defaultFormId": ""
             *     }
             */
            offlineSaleConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            onlineSaleConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {}
             */
            bookingConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            receiptConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            onboarding?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            customerEntryPoint?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            notificationSettings?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 128 KB as JSON.
             * @example []
             */
            expenses?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            todos?: unknown[];
            /**
             * @description At most 48 KB as JSON.
             * @example []
             */
            calendarEvents?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example
             */
            quickNote?: string;
            /**
             * @description At most 8 KB as JSON.
             * @example []
             */
            widgets?: unknown[];
        };
        ShopResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            id: string;
            /** @example Mya Coffee */
            name: string;
            /** @example mya-coffee */
            slug: string;
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            ownerId: string;
            team: components["schemas"]["TeamMemberResponse"][];
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string;
            /**
             * @description IANA name.
             * @example Asia/Yangon
             */
            timeZone: string;
            /** @example Coffee from the Shan hills. */
            description: string;
            /** @example https://media.example.com/logos/mya.webp */
            logoUrl?: string;
            /** @example +95 9 123 456 */
            phone: string;
            /** @example hello@mya.example */
            email: string;
            /** @example 12 Strand Road, Yangon */
            address: string;
            /**
             * @description Number of the shop's last change.
             * @example 42
             */
            seq: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        UpdateShopDto: {
            /** @example Mya Coffee */
            name?: string;
            /**
             * @description Address of the public shop.
             * @example mya-coffee
             */
            slug?: string;
            /**
             * @description ISO 4217 code; stays once the shop has products.
             * @example USD
             */
            currency?: string;
            /**
             * @description IANA name.
             * @example Asia/Yangon
             */
            timeZone?: string;
            /** @example Coffee from the Shan hills. */
            description?: string;
            /**
             * @description A picture as a data URL, which is stored, or its address; empty removes it.
             * @example https://media.example.com/logos/mya.webp
             */
            logoUrl?: string;
            /** @example +95 9 123 456 */
            phone?: string;
            /** @example hello@mya.example */
            email?: string;
            /** @example 12 Strand Road, Yangon */
            address?: string;
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "responseDelay": 0
             *     }
             */
            assistantConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 256 KB as JSON.
             * @example {
             *       "userDefined": "",
             *       "productData": ""
             *     }
             */
            knowledgeBase?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 96 KB as JSON.
             * @example []
             */
            keywordRules?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            quickReplies?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            savedReplies?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example []
             */
            menus?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            paymentMethods?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example {
             *       "strings": {}
             *     }
             */
            orderManagementFlowConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {
             *       "defaultFormId": ""
             *     }
             */
            offlineSaleConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            onlineSaleConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 8 KB as JSON.
             * @example {}
             */
            bookingConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 16 KB as JSON.
             * @example {}
             */
            receiptConfig?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            onboarding?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            customerEntryPoint?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 4 KB as JSON.
             * @example {}
             */
            notificationSettings?: {
                [key: string]: unknown;
            };
            /**
             * @description At most 128 KB as JSON.
             * @example []
             */
            expenses?: unknown[];
            /**
             * @description At most 32 KB as JSON.
             * @example []
             */
            todos?: unknown[];
            /**
             * @description At most 48 KB as JSON.
             * @example []
             */
            calendarEvents?: unknown[];
            /**
             * @description At most 16 KB as JSON.
             * @example
             */
            quickNote?: string;
            /**
             * @description At most 8 KB as JSON.
             * @example []
             */
            widgets?: unknown[];
        };
        TeamPersonResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            userId: string;
            /**
             * @description Left out when the account is gone.
             * @example aung
             */
            username?: string;
            /** @example https://media.example.com/avatars/aung.webp */
            avatarUrl?: string;
            /**
             * @example agent
             * @enum {string}
             */
            role: "agent" | "manager" | "admin" | "owner";
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            addedAt: string;
        };
        InvitationResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0009 */
            id: string;
            /** @example aung@example.com */
            email: string;
            /**
             * @example agent
             * @enum {string}
             */
            role: "agent" | "manager" | "admin" | "owner";
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            invitedBy: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-30T09:00:00.000Z
             */
            expiresAt: string;
        };
        TeamResponse: {
            members: components["schemas"]["TeamPersonResponse"][];
            /** @description The open ones; only for those who may invite. */
            invitations?: components["schemas"]["InvitationResponse"][];
        };
        TeamEntryResponse: {
            /** @description Who was added. */
            member?: components["schemas"]["TeamPersonResponse"];
            /** @description What was sent. */
            invitation?: components["schemas"]["InvitationResponse"];
        };
        AddMemberDto: {
            /**
             * @description Of somebody with an account or without; counts before `username`.
             * @example aung@example.com
             */
            email?: string;
            /**
             * @description Exact, of somebody with an account.
             * @example aung
             */
            username?: string;
            /**
             * @description The words `Support Agent` and `Order Manager` are understood too.
             * @example agent
             * @enum {string}
             */
            role: "agent" | "manager" | "admin" | "owner";
        };
        ChangeRoleDto: {
            /**
             * @description The words `Support Agent` and `Order Manager` are understood too.
             * @example agent
             * @enum {string}
             */
            role: "agent" | "manager" | "admin" | "owner";
        };
        TransferShopDto: {
            /**
             * @description The member who becomes the owner.
             * @example 6741c0c0a5f2d13b8c9e0003
             */
            userId: string;
        };
        AcceptInvitationDto: {
            /**
             * @description `token` of the invitation's link.
             * @example q7mWfC0f2m9a1kQz3vYw8uTn5bXe6rHd4sLp0gJiKcA
             */
            token: string;
        };
        MediaResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0041 */
            id: string;
            /**
             * @description Where it is served. That of a public file is for ever; that of a private one lives for minutes, and what names the file is read again for a new one. Write it as it is into what shall show the file: within a day, or the file is removed.
             * @example https://api.example.com/media/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg
             */
            url: string;
            /**
             * @description A small WebP picture for lists; `url` for what is no public picture.
             * @example https://api.example.com/media/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b-240.webp
             */
            thumbnailUrl: string;
            /**
             * @example public
             * @enum {string}
             */
            visibility: "public" | "private";
            /**
             * @example image/jpeg
             * @enum {string}
             */
            type: "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "video/mp4" | "video/webm" | "application/pdf";
            /**
             * @description Bytes, as it is stored.
             * @example 181234
             */
            size: number;
            /**
             * @description Pixels; null: no picture.
             * @example 1600
             */
            width: number | null;
            /** @example 1200 */
            height: number | null;
            /**
             * @description As it was sent.
             * @example beans.jpg
             */
            name: string;
        };
        CustomerResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0006 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /** @example Aung Aung */
            name: string;
            /**
             * @example [
             *       "+95 9 123 456"
             *     ]
             */
            phones: string[];
            /**
             * @example [
             *       "aung@example.com"
             *     ]
             */
            emails: string[];
            /** @example 12 Strand Road, Yangon */
            address: string;
            /**
             * @description The team's own words.
             * @example Pays on delivery.
             */
            notes: string;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags: string[];
            /**
             * @description Nobody any more: only the orders stay.
             * @example false
             */
            erased: boolean;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        CreateCustomerDto: {
            /** @example Aung Aung */
            name: string;
            /**
             * @description The customer is known again by each of them, in any way of writing it.
             * @example [
             *       "+95 9 123 456"
             *     ]
             */
            phones?: string[];
            /**
             * @description The customer is known again by each of them.
             * @example [
             *       "aung@example.com"
             *     ]
             */
            emails?: string[];
            /** @example 12 Strand Road, Yangon */
            address?: string;
            /** @example Pays on delivery. */
            notes?: string;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags?: string[];
        };
        CustomerOrderResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            id: string;
            /**
             * @description Short and readable, for people.
             * @example MCXX-0042
             */
            orderId: string;
            /** @example pending */
            status: string;
            /** @example 39.98 */
            totalAmount: number;
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            submittedAt: string;
        };
        CustomerConversationResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            id: string;
            /** @example web */
            channel: string;
            /** @example open */
            status: string;
            /** @example Yes, we still have the beans. */
            lastMessage: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            lastMessageAt: string;
        };
        CustomerHistoryResponse: {
            /**
             * @description Of any status; counted to 1000.
             * @example 3
             */
            orderCount: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            lastOrderAt: string | null;
            /** @description The newest 20, newest first. */
            orders: components["schemas"]["CustomerOrderResponse"][];
            /**
             * @description Goes on in `GET …/orders?customerId=…&cursor=`; null when these are all.
             * @example null
             */
            nextOrdersCursor: string | null;
            /** @description The 20 with the newest activity, newest first. */
            conversations: components["schemas"]["CustomerConversationResponse"][];
            /**
             * @description Goes on in `GET …/conversations?customerId=…&cursor=`; null when these are all.
             * @example null
             */
            nextConversationsCursor: string | null;
        };
        CustomerDetailResponse: {
            customer: components["schemas"]["CustomerResponse"];
            history: components["schemas"]["CustomerHistoryResponse"];
        };
        UpdateCustomerDto: {
            /** @example Aung Aung */
            name?: string;
            /**
             * @description The customer is known again by each of them, in any way of writing it.
             * @example [
             *       "+95 9 123 456"
             *     ]
             */
            phones?: string[];
            /**
             * @description The customer is known again by each of them.
             * @example [
             *       "aung@example.com"
             *     ]
             */
            emails?: string[];
            /** @example 12 Strand Road, Yangon */
            address?: string;
            /** @example Pays on delivery. */
            notes?: string;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags?: string[];
        };
        MergeCustomerDto: {
            /**
             * @description The customer who stays.
             * @example 6741c0c0a5f2d13b8c9e0006
             */
            intoId: string;
        };
        CustomerExportResponse: {
            customer: components["schemas"]["CustomerResponse"];
            /**
             * @description As in `GET …/orders`.
             * @example []
             */
            orders: {
                [key: string]: unknown;
            }[];
            /**
             * @description Of these orders, as in `GET …/payments`.
             * @example []
             */
            payments: {
                [key: string]: unknown;
            }[];
            /**
             * @description Of these payments, as in `GET …/proof`.
             * @example []
             */
            transferProofs: {
                [key: string]: unknown;
            }[];
            /**
             * @description As in `GET …/conversations`.
             * @example []
             */
            conversations: {
                [key: string]: unknown;
            }[];
            /**
             * @description Of these conversations, as in `GET …/messages`; notes of the team too.
             * @example []
             */
            messages: {
                [key: string]: unknown;
            }[];
        };
        PageChoiceResponse: {
            /** @example 104857600000001 */
            id: string;
            /** @example Mya Coffee */
            name: string;
        };
        IntegrationHealthResponse: {
            /**
             * @description `unreachable`: the platform did not answer lately. `expiring`: connect again in time. `dead`: connect again. `none`: there is no connection.
             * @example ok
             * @enum {string}
             */
            status: "ok" | "unreachable" | "expiring" | "dead" | "none";
            /**
             * Format: date-time
             * @example 2026-11-25T09:00:00.000Z
             */
            checkedAt?: string;
            /**
             * @example dead
             * @enum {string}
             */
            reason?: "dead" | "expired" | "damaged";
        };
        IntegrationResponse: {
            /**
             * @example facebook
             * @enum {string}
             */
            platform: "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            /**
             * @description Whether this server is set up for it.
             * @example true
             */
            isOffered: boolean;
            /**
             * @description `choose_page`: choose one of `pages`. `failed`: connect again.
             * @example connected
             * @enum {string}
             */
            state: "connected" | "choose_page" | "failed" | "disconnected";
            /** @example true */
            isConnected: boolean;
            /**
             * @description Of the page, account or bot.
             * @example 104857600000001
             */
            pageId?: string;
            /** @example Mya Coffee */
            displayName: string;
            /**
             * @example [
             *       "pages_show_list",
             *       "pages_messaging"
             *     ]
             */
            scopes: string[];
            /** @description To choose from, where there is a choice. */
            pages: components["schemas"]["PageChoiceResponse"][];
            /**
             * Format: date-time
             * @description When the permission ends unless it is renewed, which happens by itself.
             * @example 2027-01-24T09:00:00.000Z
             */
            expiresAt?: string;
            /**
             * Format: date-time
             * @description By then somebody must connect again.
             * @example 2027-02-23T09:00:00.000Z
             */
            reconnectBy?: string;
            /**
             * Format: date-time
             * @example 2026-11-25T09:00:00.000Z
             */
            connectedAt?: string;
            /**
             * @description Whether the platform is still to be told of its end.
             * @example false
             */
            isRevoking: boolean;
            health: components["schemas"]["IntegrationHealthResponse"];
        };
        AuthorizeResponse: {
            /**
             * @description Where the popup goes; counts for 10 minutes, in this browser.
             * @example https://www.facebook.com/v25.0/dialog/oauth?client_id=1234567890&state=...
             */
            url: string;
        };
        ConnectDto: {
            /**
             * @description What the popup handed over: a one-time handle of ours, or the platform's code.
             * @example AQD1x7Wm0example
             */
            code: string;
        };
        ChoosePageDto: {
            /**
             * @description Of one of the connection's `pages`.
             * @example 104857600000001
             */
            pageId: string;
        };
        RowErrorResponse: {
            /**
             * @description As a spreadsheet counts: the names of the columns are row 1.
             * @example 7
             */
            row: number;
            /** @example BEANS-1KG */
            sku: string;
            /** @example retailPrice must not be less than 0 */
            error: string;
        };
        ImportReportResponse: {
            /** @example 120 */
            rows: number;
            /** @example 20 */
            created: number;
            /** @example 90 */
            updated: number;
            /**
             * @description They were so already.
             * @example 9
             */
            unchanged: number;
            /** @example 1 */
            failed: number;
            /** @description Of very many, the first 500. */
            errors: components["schemas"]["RowErrorResponse"][];
        };
        ProductResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            id: string;
            /** @example Coffee beans, 1 kg */
            name: string;
            /** @example Roasted this week. */
            description: string;
            /** @example Free delivery this week */
            facebookSubtitle: string;
            /** @example 19.99 */
            retailPrice: number;
            /**
             * @description What it costs today, in the shop's time zone: `promoPrice` between its days.
             * @example 17.5
             */
            currentPrice: number;
            /**
             * @description The seller's cost.
             * @example 11.5
             */
            originalPrice: number | null;
            /** @example 17.5 */
            promoPrice: number | null;
            /**
             * Format: date
             * @example 2026-11-23
             */
            promoStartDate: string | null;
            /**
             * Format: date
             * @example 2026-11-30
             */
            promoEndDate: string | null;
            /**
             * @description Pieces left; null: not counted.
             * @example 10
             */
            stock: number | null;
            /** @example BEANS-1KG */
            sku: string;
            /** @example https://media.example.com/products/beans.webp */
            imageUrl: string;
            /**
             * @description A small WebP picture for lists; `imageUrl` where we do not store the picture.
             * @example https://media.example.com/products/beans.webp
             */
            thumbnailUrl: string;
            /** @example Coffee */
            category: string;
            /**
             * @example product
             * @enum {string}
             */
            itemType: "product" | "service";
            /** @example 1 year */
            warranty: string;
            /** @example 45 minutes */
            duration: string;
            /** @example 12 Strand Road, Yangon */
            location: string;
            /**
             * @example [
             *       {
             *         "title": "Order",
             *         "action": "open_form"
             *       }
             *     ]
             */
            buttons: {
                [key: string]: unknown;
            }[];
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            formId: string | null;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        CreateProductDto: {
            /** @example Coffee beans, 1 kg */
            name: string;
            /** @example Roasted this week. */
            description?: string;
            /**
             * @description Line below the name in Facebook's chats.
             * @example Free delivery this week
             */
            facebookSubtitle?: string;
            /**
             * @description In the shop's currency.
             * @example 19.99
             */
            retailPrice: number;
            /**
             * @description The seller's buying cost; never public.
             * @example 11.5
             */
            originalPrice?: number | null;
            /** @example 17.5 */
            promoPrice?: number | null;
            /**
             * Format: date
             * @description First day of the promotion.
             * @example 2026-11-23
             */
            promoStartDate?: string | null;
            /**
             * Format: date
             * @description Last day of the promotion.
             * @example 2026-11-30
             */
            promoEndDate?: string | null;
            /**
             * @description Pieces left; null or left out: not counted. A service has none.
             * @example 10
             */
            stock?: number | null;
            /**
             * @description Once in a shop, where it is not empty.
             * @example BEANS-1KG
             */
            sku?: string;
            /**
             * @description A picture as a data URL, which is stored, or its address, or empty.
             * @example https://media.example.com/products/beans.webp
             */
            imageUrl?: string;
            /** @example Coffee */
            category?: string;
            /**
             * @default product
             * @example product
             * @enum {string}
             */
            itemType?: "product" | "service";
            /** @example 1 year */
            warranty?: string;
            /**
             * @description How long a service takes.
             * @example 45 minutes
             */
            duration?: string;
            /**
             * @description Where a service is given.
             * @example 12 Strand Road, Yangon
             */
            location?: string;
            /**
             * @description Flat objects, kept as the app sends them.
             * @example [
             *       {
             *         "title": "Order",
             *         "action": "open_form"
             *       }
             *     ]
             */
            buttons?: {
                [key: string]: unknown;
            }[];
            /**
             * @description The form by which it is ordered; null or empty: any.
             * @example 6741c0c0a5f2d13b8c9e0004
             */
            formId?: string | null;
        };
        UpdateProductDto: {
            /** @example Coffee beans, 1 kg */
            name?: string;
            /** @example Roasted this week. */
            description?: string;
            /**
             * @description Line below the name in Facebook's chats.
             * @example Free delivery this week
             */
            facebookSubtitle?: string;
            /**
             * @description In the shop's currency.
             * @example 19.99
             */
            retailPrice?: number;
            /**
             * @description The seller's buying cost; never public.
             * @example 11.5
             */
            originalPrice?: number | null;
            /** @example 17.5 */
            promoPrice?: number | null;
            /**
             * Format: date
             * @description First day of the promotion.
             * @example 2026-11-23
             */
            promoStartDate?: string | null;
            /**
             * Format: date
             * @description Last day of the promotion.
             * @example 2026-11-30
             */
            promoEndDate?: string | null;
            /**
             * @description Pieces left; null or left out: not counted. A service has none.
             * @example 10
             */
            stock?: number | null;
            /**
             * @description Once in a shop, where it is not empty.
             * @example BEANS-1KG
             */
            sku?: string;
            /**
             * @description A picture as a data URL, which is stored, or its address, or empty.
             * @example https://media.example.com/products/beans.webp
             */
            imageUrl?: string;
            /** @example Coffee */
            category?: string;
            /**
             * @default product
             * @example product
             * @enum {string}
             */
            itemType?: "product" | "service";
            /** @example 1 year */
            warranty?: string;
            /**
             * @description How long a service takes.
             * @example 45 minutes
             */
            duration?: string;
            /**
             * @description Where a service is given.
             * @example 12 Strand Road, Yangon
             */
            location?: string;
            /**
             * @description Flat objects, kept as the app sends them.
             * @example [
             *       {
             *         "title": "Order",
             *         "action": "open_form"
             *       }
             *     ]
             */
            buttons?: {
                [key: string]: unknown;
            }[];
            /**
             * @description The form by which it is ordered; null or empty: any.
             * @example 6741c0c0a5f2d13b8c9e0004
             */
            formId?: string | null;
            /**
             * Format: date-time
             * @description As it was read. With it, a `stock` is refused (409) when the stock has moved since; without it the number is taken as it is.
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt?: string;
        };
        StockMovementResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0009 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            productId: string;
            /** @example -2 */
            change: number;
            /**
             * @description Pieces left after it; null: counted no more.
             * @example 8
             */
            newStock: number | null;
            /**
             * @example order
             * @enum {string}
             */
            reason: "opening" | "order" | "order_not_placed" | "order_cancelled" | "order_returned" | "correction" | "import";
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            orderId: string | null;
            /**
             * @description The member who did it; null: a customer, by an order.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            by: string | null;
            /** @example Delivery of 23 November. */
            note: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
        };
        AdjustStockDto: {
            /**
             * @description Pieces that came (above 0) or went (below 0).
             * @example 12
             */
            change: number;
            /** @example Delivery of 23 November. */
            note?: string;
        };
        FormFieldResponse: {
            /** @example full-name */
            id: string;
            /**
             * @example Short Text
             * @enum {string}
             */
            type: "Short Text" | "Text Area" | "Number" | "Email" | "Phone" | "Date" | "Dropdown" | "Multiple Choice" | "Checkbox" | "Item Selector" | "Payment Selector";
            /** @example Full name */
            label: string;
            /** @example true */
            required: boolean;
            /** @example As on your parcel */
            placeholder: string;
            /** @example [] */
            options: string[];
            /** @example [] */
            itemIds: string[];
            /** @example [] */
            paymentMethodIds: string[];
        };
        FormResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            id: string;
            /** @example Coffee order */
            name: string;
            fields: components["schemas"]["FormFieldResponse"][];
            /** @example true */
            published: boolean;
            /**
             * @description Put away; no customer can open it.
             * @example false
             */
            archived: boolean;
            /**
             * @description Counts the changes of `fields`.
             * @example 1
             */
            version: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        FormFieldDto: {
            /**
             * @description Unique within the form; made when left out.
             * @example full-name
             */
            id?: string;
            /**
             * @example Short Text
             * @enum {string}
             */
            type: "Short Text" | "Text Area" | "Number" | "Email" | "Phone" | "Date" | "Dropdown" | "Multiple Choice" | "Checkbox" | "Item Selector" | "Payment Selector";
            /** @example Full name */
            label: string;
            /**
             * @default false
             * @example true
             */
            required?: boolean;
            /** @example As on your parcel */
            placeholder?: string;
            /**
             * @description For Dropdown, Multiple Choice and Checkbox.
             * @example [
             *       "Whole",
             *       "Ground"
             *     ]
             */
            options?: string[];
            /**
             * @description For Item Selector: the products offered; none for the whole catalogue.
             * @example [
             *       "6741c0c0a5f2d13b8c9e0003"
             *     ]
             */
            itemIds?: string[];
            /**
             * @description For Payment Selector: ids of the shop's ways to pay; none for all of them.
             * @example [
             *       "cash"
             *     ]
             */
            paymentMethodIds?: string[];
        };
        CreateFormDto: {
            /** @example Coffee order */
            name: string;
            fields: components["schemas"]["FormFieldDto"][];
            /**
             * @description Whether customers can open it.
             * @default true
             * @example true
             */
            published?: boolean;
        };
        FormVersionResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            formId: string;
            /** @example 1 */
            version: number;
            /** @example Coffee order */
            name: string;
            fields: components["schemas"]["FormFieldResponse"][];
        };
        UpdateFormDto: {
            /** @example Coffee order */
            name?: string;
            fields?: components["schemas"]["FormFieldDto"][];
            /**
             * @description Whether customers can open it.
             * @example true
             */
            published?: boolean;
            /**
             * @description Put away: it is not published any more.
             * @example false
             */
            archived?: boolean;
        };
        RemovedFormResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            id: string;
            /**
             * @description `archived`: an open order still needs it.
             * @example deleted
             * @enum {string}
             */
            outcome: "deleted" | "archived";
        };
        OrderCustomerResponse: {
            /** @example Aung Aung */
            name: string;
            /** @example +95 9 123 456 */
            phone: string;
            /** @example aung@example.com */
            email: string;
            /** @example 12 Strand Road, Yangon */
            address: string;
        };
        OrderFieldResponse: {
            /** @example full-name */
            id: string;
            /** @example Full name */
            label: string;
            /** @example Aung Aung */
            value: string | number | boolean | string[];
        };
        OrderItemResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            productId: string;
            /** @example Coffee beans, 1 kg */
            productName: string;
            /** @example 2 */
            quantity: number;
            /**
             * @description Of one piece.
             * @example 19.99
             */
            price: number;
        };
        OrderChangeResponse: {
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
            /**
             * @description The member who did it; null: the customer, or the system.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            by: string | null;
            /**
             * @example null
             * @enum {string|null}
             */
            from: "pending" | "processing" | "completed" | "cancelled" | "returned" | null;
            /**
             * @example pending
             * @enum {string}
             */
            to: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /** @example  */
            note: string;
        };
        OrderResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            id: string;
            /**
             * @description Short and readable, for people.
             * @example MCXX-0042
             */
            orderId: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            customer: components["schemas"]["OrderCustomerResponse"];
            /**
             * @description The person among the customers; null without phone and e-mail.
             * @example 6741c0c0a5f2d13b8c9e0006
             */
            customerId: string | null;
            /**
             * @example web
             * @enum {string}
             */
            channel: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber" | "counter";
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            formId: string | null;
            /** @example 1 */
            formVersion: number | null;
            /** @example Coffee order */
            formName: string;
            /** @description The answers, with their questions. */
            fields: components["schemas"]["OrderFieldResponse"][];
            items: components["schemas"]["OrderItemResponse"][];
            /** @example 39.98 */
            totalAmount: number;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * @example pending
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /**
             * @example unpaid
             * @enum {string}
             */
            paymentStatus: "unpaid" | "pending" | "paid" | "partially_refunded" | "refunded";
            /**
             * @description Of the payment that has paid it, or else is the newest; null before the first.
             * @example pi_3MtwBwLkdIwHu7ix28a3tqPa
             */
            paymentIntentId: string | null;
            /** @example Cash on delivery */
            paymentMethod: string;
            /** @example Calls for it on Friday. */
            notes: string;
            history: components["schemas"]["OrderChangeResponse"][];
            /**
             * @description The shop's number of its last change.
             * @example 42
             */
            seq: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            submittedAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        OrderCustomerDto: {
            /** @example Aung Aung */
            name: string;
            /** @example +95 9 123 456 */
            phone?: string;
            /** @example aung@example.com */
            email?: string;
            /** @example 12 Strand Road, Yangon */
            address?: string;
        };
        OrderLineDto: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            productId: string;
            /** @example 2 */
            quantity: number;
        };
        CreateOrderDto: {
            customer: components["schemas"]["OrderCustomerDto"];
            items: components["schemas"]["OrderLineDto"][];
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            formId?: string;
            /**
             * @description By field id of the form in `formId`; without a form there are none.
             * @example {
             *       "full-name": "Aung Aung"
             *     }
             */
            answers?: {
                [key: string]: string | number | boolean | string[];
            };
            /**
             * @description Where the customer ordered.
             * @default counter
             * @example facebook
             * @enum {string}
             */
            channel?: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber" | "counter";
            /** @example Cash on delivery */
            paymentMethod?: string;
            /** @example Calls for it on Friday. */
            notes?: string;
        };
        ChangeOrderStatusDto: {
            /**
             * @description Also understood, in any case: Confirmed (processing), Return (returned).
             * @example processing
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /** @example Packed. */
            note?: string;
        };
        ProductSalesResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            productId: string;
            /**
             * @description As in the newest of the orders.
             * @example Coffee beans, 1 kg
             */
            productName: string;
            /**
             * @description Pieces.
             * @example 12
             */
            quantity: number;
            /** @example 239.88 */
            revenue: number;
        };
        ChannelSalesResponse: {
            /**
             * @example web
             * @enum {string}
             */
            channel: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber" | "counter";
            /** @example 5 */
            orders: number;
            /** @example 199.9 */
            revenue: number;
        };
        StatusSalesResponse: {
            /**
             * @example completed
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /** @example 5 */
            orders: number;
            /**
             * @description Total of these orders, sales or not.
             * @example 199.9
             */
            amount: number;
        };
        SalesOfSpanResponse: {
            /**
             * Format: date-time
             * @description Its first moment in the range, with the offset of the shop's clocks then.
             * @example 2026-11-01T00:00:00+06:30
             */
            start: string;
            /** @example 5 */
            orders: number;
            /** @example 199.9 */
            revenue: number;
        };
        CurrencySalesResponse: {
            /**
             * @description ISO 4217.
             * @example EUR
             */
            currency: string;
            /** @example 1 */
            orders: number;
            /** @example 20 */
            revenue: number;
        };
        SalesReportResponse: {
            /**
             * Format: date
             * @example 2026-11-01
             */
            from: string;
            /**
             * Format: date
             * @example 2026-11-30
             */
            to: string;
            /**
             * @example day
             * @enum {string}
             */
            interval: "hour" | "day" | "week" | "month";
            /**
             * @description The shop's, by which days are counted.
             * @example Asia/Yangon
             */
            timeZone: string;
            /**
             * @description The shop's, ISO 4217, of all amounts.
             * @example USD
             */
            currency: string;
            /** @example 5 */
            orders: number;
            /** @example 199.9 */
            revenue: number;
            /** @description The 50 with most revenue. */
            byProduct: components["schemas"]["ProductSalesResponse"][];
            /** @description Most revenue first. */
            byChannel: components["schemas"]["ChannelSalesResponse"][];
            /** @description Every status, also what is no sale. */
            byStatus: components["schemas"]["StatusSalesResponse"][];
            /** @description Without gaps, oldest first. */
            series: components["schemas"]["SalesOfSpanResponse"][];
            /** @description Sales in currencies the shop had before: counted nowhere else. */
            otherCurrencies: components["schemas"]["CurrencySalesResponse"][];
        };
        AttachmentResponse: {
            /**
             * @example image
             * @enum {string}
             */
            type: "image" | "video" | "gif" | "file";
            /** @example https://media.example.com/chat/beans.webp */
            url: string;
            /** @example beans.webp */
            name?: string;
        };
        MessageResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0031 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            conversationId: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The shop's number of this change.
             * @example 43
             */
            seq: number;
            /**
             * @description Place in the conversation: 1, 2, 3 …
             * @example 7
             */
            messageNumber: number;
            /**
             * @description `user` is the customer.
             * @example seller
             * @enum {string}
             */
            sender: "user" | "ai" | "seller";
            /**
             * @description The team member who wrote.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            senderId: string | null;
            /** @example Yes, we still have the beans. */
            text: string;
            /**
             * @description Epoch milliseconds.
             * @example 1795424400000
             */
            timestamp: number;
            attachment: components["schemas"]["AttachmentResponse"] | null;
            /**
             * @description A private note of the team.
             * @example false
             */
            isNote: boolean;
        };
        ConversationResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The shop's number of the last change.
             * @example 43
             */
            seq: number;
            /** @example Su Su */
            customerName: string;
            /**
             * @description The person among the customers, when they are known.
             * @example 6741c0c0a5f2d13b8c9e0006
             */
            customerId: string | null;
            /**
             * @example web
             * @enum {string}
             */
            channel: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            /**
             * @example open
             * @enum {string}
             */
            status: "open" | "pending" | "closed";
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            assigneeId: string | null;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags: string[];
            /** @example Prefers delivery in the morning. */
            notes: string;
            /** @example false */
            isAiActive: boolean;
            /** @example false */
            isRead: boolean;
            /**
             * @description The customer's messages since the team last read or answered.
             * @example 2
             */
            unreadCount: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            lastMessageAt: string;
            /**
             * @description Beginning of the last message that is not a note.
             * @example Yes, we still have the beans.
             */
            lastMessage: string;
            /**
             * @description The last message number given out, notes included.
             * @example 7
             */
            messageCount: number;
            /** @description Oldest first. In one conversation its newest 50; in lists the last that is not a note; in the event `conversation:update` the message that changed the conversation, if one did. */
            messages: components["schemas"]["MessageResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        CreateConversationDto: {
            /** @example Su Su */
            customerName: string;
            /**
             * @default web
             * @example web
             * @enum {string}
             */
            channel?: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            /**
             * @description By phone or e-mail the customer is known again.
             * @example +95 9 123 456
             */
            phone?: string;
            /** @example aung@example.com */
            email?: string;
        };
        UnreadResponse: {
            /**
             * @description Unread conversations, at most 1000.
             * @example 3
             */
            conversations: number;
            /**
             * @description Unread messages in those.
             * @example 8
             */
            messages: number;
        };
        UpdateConversationDto: {
            /** @example Su Su */
            customerName?: string;
            /**
             * @example closed
             * @enum {string}
             */
            status?: "open" | "pending" | "closed";
            /**
             * @description A member of the team; null or empty: nobody.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            assigneeId?: string | null;
            /**
             * @description One of the customers; null or empty: not known.
             * @example null
             */
            customerId?: string | null;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags?: string[];
            /** @example Prefers delivery in the morning. */
            notes?: string;
            /** @example false */
            isAiActive?: boolean;
            /** @example true */
            isRead?: boolean;
            /**
             * @description With `isRead: true`: the last message number that was seen. What the customer has written after it stays unread.
             * @example 7
             */
            readUpTo?: number;
        };
        SentMessageResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The shop's number of the last change.
             * @example 43
             */
            seq: number;
            /** @example Su Su */
            customerName: string;
            /**
             * @description The person among the customers, when they are known.
             * @example 6741c0c0a5f2d13b8c9e0006
             */
            customerId: string | null;
            /**
             * @example web
             * @enum {string}
             */
            channel: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            /**
             * @example open
             * @enum {string}
             */
            status: "open" | "pending" | "closed";
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            assigneeId: string | null;
            /**
             * @example [
             *       "wholesale"
             *     ]
             */
            tags: string[];
            /** @example Prefers delivery in the morning. */
            notes: string;
            /** @example false */
            isAiActive: boolean;
            /** @example false */
            isRead: boolean;
            /**
             * @description The customer's messages since the team last read or answered.
             * @example 2
             */
            unreadCount: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            lastMessageAt: string;
            /**
             * @description Beginning of the last message that is not a note.
             * @example Yes, we still have the beans.
             */
            lastMessage: string;
            /**
             * @description The last message number given out, notes included.
             * @example 7
             */
            messageCount: number;
            /** @description Oldest first. In one conversation its newest 50; in lists the last that is not a note; in the event `conversation:update` the message that changed the conversation, if one did. */
            messages: components["schemas"]["MessageResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
            message: components["schemas"]["MessageResponse"];
        };
        AttachmentDto: {
            /**
             * @example image
             * @enum {string}
             */
            type: "image" | "video" | "gif" | "file";
            /**
             * @description A file as a data URL, which is stored, or the address of one.
             * @example https://media.example.com/chat/beans.webp
             */
            url: string;
            /** @example beans.webp */
            name?: string;
        };
        SendMessageDto: {
            /**
             * @description May be empty with an attachment only.
             * @example Yes, we still have the beans.
             */
            text: string;
            attachment?: components["schemas"]["AttachmentDto"] | null;
            /**
             * @description A private note: never shown to the customer.
             * @default false
             * @example false
             */
            isNote?: boolean;
            /**
             * @description Your own id of this message: sent again, it is answered and not added again.
             * @example 5b0cf6b2-5d0c-4f0e-9c57-0f1d3c1c2a55
             */
            clientMessageId?: string;
            /**
             * @description The last message number you have read: when more were given out since, the message is not added, and the answer (409) tells what is new.
             * @example 7
             */
            expectedMessageNumber?: number;
        };
        RefundResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0009 */
            id: string;
            /** @example 19.99 */
            amount: number;
            /**
             * @description unknown: the provider did not answer; it is asked again until it does.
             * @example succeeded
             * @enum {string}
             */
            status: "pending" | "unknown" | "succeeded" | "failed";
            /** @example One bag was broken. */
            reason: string;
            /**
             * @description The member who asked for it; null: the system, or the provider itself.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            by: string | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
        };
        PaymentFailureResponse: {
            /**
             * @description The provider's code.
             * @example card_declined
             */
            code: string;
            /** @example The card was declined: try another way to pay. */
            message: string;
        };
        PaymentResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0008 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The order's id.
             * @example 6741c0c0a5f2d13b8c9e0005
             */
            orderId: string;
            /**
             * @description The order's readable number.
             * @example MCXX-0042
             */
            orderNumber: string;
            /**
             * @example stripe
             * @enum {string}
             */
            provider: "stripe" | "paypal" | "sandbox" | "transfer";
            /**
             * @description The provider's id; null until it has answered.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            providerId: string | null;
            /**
             * @description Whether real money moves; null of a transfer.
             * @example false
             */
            isLive: boolean | null;
            /** @example 39.98 */
            amount: number;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * @example succeeded
             * @enum {string}
             */
            status: "pending" | "requires_action" | "processing" | "failed" | "canceled" | "succeeded" | "partially_refunded" | "refunded";
            /**
             * @description What was taken.
             * @example 39.98
             */
            capturedAmount: number;
            /**
             * @description What was given back of it.
             * @example 0
             */
            refundedAmount: number;
            /** @description Oldest first. */
            refunds: components["schemas"]["RefundResponse"][];
            /** @description Why the last try failed; null when it did not. */
            failure: components["schemas"]["PaymentFailureResponse"] | null;
            /**
             * @description What somebody should look at.
             * @example []
             */
            flags: ("amount_mismatch" | "mode_mismatch" | "other_payment" | "duplicate_payment" | "paid_after_end" | "duplicate_proof")[];
            /**
             * @description Whether the customer has attached a proof.
             * @example false
             */
            hasProof: boolean;
            /**
             * @description The member who began it; null: the customer.
             * @example 6741c0c0a5f2d13b8c9e0001
             */
            by: string | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
            /**
             * @description For the payer, where it is begun or confirmed; kept nowhere.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d_secret_4eC39HqLyjWDarjtT1zdp7dc
             */
            clientSecret?: string | null;
            /**
             * @description Where the payer approves it, where the provider asks for that.
             * @example https://www.paypal.com/checkoutnow?token=5O190127TN364715T
             */
            approveUrl?: string | null;
        };
        WebhookEventResponse: {
            /**
             * @description The provider's id.
             * @example evt_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            id: string;
            /**
             * @example stripe
             * @enum {string}
             */
            provider: "stripe" | "paypal" | "sandbox" | "transfer";
            /** @example payment_intent.succeeded */
            type: string;
            /**
             * @description received: it waits, or went wrong and is tried again; stuck: in vain.
             * @example processed
             * @enum {string}
             */
            state: "received" | "processed" | "ignored" | "stuck";
            /**
             * @description What went wrong last.
             * @example
             */
            note: string;
            /** @example 6741c0c0a5f2d13b8c9e0008 */
            paymentId: string | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            receivedAt: string;
        };
        ActorResponse: {
            /**
             * @example member
             * @enum {string}
             */
            kind: "member" | "customer" | "provider" | "system";
            /** @example 6741c0c0a5f2d13b8c9e0001 */
            userId: string | null;
        };
        PaymentEventResponse: {
            /** @example 6741c0c0a5f2d13b8c9e000a */
            id: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
            /**
             * @example transition
             * @enum {string}
             */
            kind: "request" | "answer" | "webhook" | "fact" | "transition" | "remark";
            /**
             * @description What it is about.
             * @example confirm
             */
            name: string;
            actor: components["schemas"]["ActorResponse"];
            /** @example 39.98 */
            amount: number | null;
            /**
             * @description The provider's id of what it is about.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            reference: string | null;
            /**
             * @example pending
             * @enum {string|null}
             */
            from: "pending" | "requires_action" | "processing" | "failed" | "canceled" | "succeeded" | "partially_refunded" | "refunded" | null;
            /**
             * @example succeeded
             * @enum {string|null}
             */
            to: "pending" | "requires_action" | "processing" | "failed" | "canceled" | "succeeded" | "partially_refunded" | "refunded" | null;
            /** @example  */
            detail: string;
        };
        PaymentIntentResponse: {
            /**
             * @description The provider's id, or ours until there is one; either finds the payment.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            id: string;
            /** @example null */
            clientSecret: string | null;
            /** @example 39.98 */
            amount: number;
            /** @example USD */
            currency: string;
            /**
             * @example pending
             * @enum {string}
             */
            status: "pending" | "processing" | "succeeded" | "failed" | "canceled";
        };
        CreatePaymentDto: {
            /**
             * @description The order's id; with the shop in the path its readable number does too.
             * @example 6741c0c0a5f2d13b8c9e0005
             */
            orderId: string;
            /**
             * @description Held against the order's total, which is what is paid: 39.98, not 3998.
             * @example 39.98
             */
            amount?: number;
            /**
             * @description Held against the order's currency.
             * @example USD
             */
            currency?: string;
            /**
             * @description Without it the first that is set up: stripe, paypal, and sandbox outside of production.
             * @example sandbox
             * @enum {string}
             */
            provider?: "stripe" | "paypal" | "sandbox" | "transfer";
        };
        ConfirmPaymentDto: {
            /**
             * @description The payment's id, ours or the provider's.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            paymentIntentId: string;
            /**
             * @description The provider's token of a way to pay; never the number of a card.
             * @example pm_card_visa
             */
            paymentMethodId?: string;
        };
        RefundPaymentDto: {
            /**
             * @description Without it all that is left.
             * @example 19.99
             */
            amount?: number;
            /** @example One bag was broken. */
            reason?: string;
            /**
             * @description Returns the order's pieces to the stock as well.
             * @default false
             * @example false
             */
            restock?: boolean;
        };
        RejectTransferDto: {
            /**
             * @description What the customer is told.
             * @example The picture shows another amount.
             */
            reason: string;
        };
        TransferProofResponse: {
            /** @example 6741c0c0a5f2d13b8c9e000b */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            orderId: string;
            /**
             * @description The bank's number, as it was written.
             * @example 0100 2345 6789
             */
            reference: string;
            /**
             * @description Where the picture can be seen for some minutes; null without one.
             * @example https://api.example.com/media/private/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg?expires=1795424400&signature=9f86d081884c7d659a2feaa0c55ad015
             */
            picture: string | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
        };
        VapidKeyResponse: {
            /**
             * @description The `applicationServerKey` for `pushManager.subscribe`.
             * @example BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4
             */
            publicKey: string;
        };
        PushKeysDto: {
            /**
             * @description The browser's public key: a point on P-256, 65 bytes in base64url.
             * @example BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4
             */
            p256dh: string;
            /**
             * @description What the browser shares with us: 16 bytes in base64url.
             * @example BTBZMqHH6r4Tts7J_aSIgg
             */
            auth: string;
        };
        SubscribeDto: {
            /**
             * @description https, at a known push service.
             * @example https://fcm.googleapis.com/fcm/send/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O
             */
            endpoint: string;
            /**
             * @description Not used.
             * @example null
             */
            expirationTime?: number | null;
            keys: components["schemas"]["PushKeysDto"];
        };
        UnsubscribeDto: {
            /**
             * @description Without it all devices of this session.
             * @example https://fcm.googleapis.com/fcm/send/dpH5lCsTSSM:APA91bHqjZxM0VImWWqDRN7U0a3AycjUf4O
             */
            endpoint?: string | null;
        };
        NotificationResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0050 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The shop's number of its last change.
             * @example 44
             */
            seq: number;
            /**
             * @example new_order
             * @enum {string}
             */
            kind: "new_order" | "new_message" | "assignment" | "mention" | "payment_received" | "payment_failed" | "integration_failed" | "low_stock";
            /**
             * @example success
             * @enum {string}
             */
            type: "info" | "success" | "warning" | "error";
            /** @example New order MCXX-0042 */
            title: string;
            /** @example Aung Aung: 39.98 USD */
            message: string;
            /**
             * @description How often since it was last read.
             * @example 1
             */
            count: number;
            /**
             * @description Where it leads, in the app.
             * @example /shops/6741c0c0a5f2d13b8c9e0002/orders/6741c0c0a5f2d13b8c9e0005
             */
            actionUrl: string;
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            orderId: string | null;
            /** @example null */
            conversationId: string | null;
            /** @example null */
            productId: string | null;
            /** @example false */
            isRead: boolean;
            /**
             * Format: date-time
             * @description When it was told last.
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
        };
        UnreadCountResponse: {
            /**
             * @description Counts no further than 1000.
             * @example 3
             */
            unread: number;
        };
        KindPreferenceResponse: {
            /**
             * @example new_order
             * @enum {string}
             */
            kind: "new_order" | "new_message" | "assignment" | "mention" | "payment_received" | "payment_failed" | "integration_failed" | "low_stock";
            /** @example New order */
            label: string;
            /** @example true */
            push: boolean;
            /** @example true */
            inApp: boolean;
        };
        QuietHoursDto: {
            /** @example 22:00 */
            from: string;
            /**
             * @description Of the next day, if it is earlier.
             * @example 07:00
             */
            to: string;
            /**
             * @description IANA time zone.
             * @example Asia/Yangon
             */
            timeZone: string;
        };
        PreferencesResponse: {
            kinds: components["schemas"]["KindPreferenceResponse"][];
            quietHours: components["schemas"]["QuietHoursDto"] | null;
        };
        WaysDto: {
            /** @example false */
            push?: Record<string, never>;
            /** @example true */
            inApp?: Record<string, never>;
        };
        KindsDto: {
            new_order?: components["schemas"]["WaysDto"];
            new_message?: components["schemas"]["WaysDto"];
            assignment?: components["schemas"]["WaysDto"];
            mention?: components["schemas"]["WaysDto"];
            payment_received?: components["schemas"]["WaysDto"];
            payment_failed?: components["schemas"]["WaysDto"];
            integration_failed?: components["schemas"]["WaysDto"];
            low_stock?: components["schemas"]["WaysDto"];
        };
        UpdatePreferencesDto: {
            kinds?: components["schemas"]["KindsDto"];
            /** @description In these nothing is pushed: it comes when they end, if it is unread then. null: none. */
            quietHours?: components["schemas"]["QuietHoursDto"] | null;
        };
        WebhookResponse: {
            /** @example 6741c0c0a5f2d13b8c9e000a */
            id: string;
            /** @example https://integrator.example/cliick */
            url: string;
            /** @example Bookkeeping */
            description: string;
            /**
             * @example [
             *       "order.created"
             *     ]
             */
            events: ("order.created" | "order.updated" | "payment.updated" | "product.created" | "product.updated" | "product.deleted" | "message.created" | "conversation.updated")[];
            /**
             * @description False while it is paused: nothing is sent, and what happens is not kept for it.
             * @example true
             */
            enabled: boolean;
            /**
             * Format: date-time
             * @example null
             */
            pausedAt: string | null;
            /**
             * @description Who or what has paused it, and how it goes on.
             * @example null
             */
            pauseReason: string | null;
            /**
             * Format: date-time
             * @description The first failure since something was delivered.
             * @example 2026-11-23T09:00:00.000Z
             */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description 3 days after `failingSince`: a delivery that is given up later pauses it.
             * @example 2026-11-26T09:00:00.000Z
             */
            pausesAt: string | null;
            /**
             * @description After so many days in which every delivery failed it is paused.
             * @example 3
             */
            pauseAfterDays: number;
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            updatedAt: string;
        };
        WebhookWithSecretResponse: {
            /** @example 6741c0c0a5f2d13b8c9e000a */
            id: string;
            /** @example https://integrator.example/cliick */
            url: string;
            /** @example Bookkeeping */
            description: string;
            /**
             * @example [
             *       "order.created"
             *     ]
             */
            events: ("order.created" | "order.updated" | "payment.updated" | "product.created" | "product.updated" | "product.deleted" | "message.created" | "conversation.updated")[];
            /**
             * @description False while it is paused: nothing is sent, and what happens is not kept for it.
             * @example true
             */
            enabled: boolean;
            /**
             * Format: date-time
             * @example null
             */
            pausedAt: string | null;
            /**
             * @description Who or what has paused it, and how it goes on.
             * @example null
             */
            pauseReason: string | null;
            /**
             * Format: date-time
             * @description The first failure since something was delivered.
             * @example 2026-11-23T09:00:00.000Z
             */
            failingSince: string | null;
            /**
             * Format: date-time
             * @description 3 days after `failingSince`: a delivery that is given up later pauses it.
             * @example 2026-11-26T09:00:00.000Z
             */
            pausesAt: string | null;
            /**
             * @description After so many days in which every delivery failed it is paused.
             * @example 3
             */
            pauseAfterDays: number;
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            updatedAt: string;
            /**
             * @description What deliveries are signed by. Keep it: it is shown this once.
             * @example whsec_...
             */
            secret: string;
        };
        CreateWebhookDto: {
            /**
             * @description An https:// address on the internet, without user name and fragment: none that is private, loopback or link-local. Each once in a shop.
             * @example https://integrator.example/cliick
             */
            url: string;
            /**
             * @description What it is told.
             * @example [
             *       "order.created",
             *       "order.updated"
             *     ]
             */
            events: ("order.created" | "order.updated" | "payment.updated" | "product.created" | "product.updated" | "product.deleted" | "message.created" | "conversation.updated")[];
            /**
             * @default
             * @example Bookkeeping
             */
            description?: string;
        };
        UpdateWebhookDto: {
            /**
             * @description An https:// address on the internet, without user name and fragment: none that is private, loopback or link-local. Each once in a shop.
             * @example https://integrator.example/cliick
             */
            url?: string;
            /**
             * @description What it is told.
             * @example [
             *       "order.created",
             *       "order.updated"
             *     ]
             */
            events?: ("order.created" | "order.updated" | "payment.updated" | "product.created" | "product.updated" | "product.deleted" | "message.created" | "conversation.updated")[];
            /**
             * @default
             * @example Bookkeeping
             */
            description?: string;
            /**
             * @description False pauses it, true resumes it, also after it was paused by itself.
             * @example true
             */
            enabled?: boolean;
        };
        DeliveryAttemptResponse: {
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
            /**
             * @description What the endpoint answered; null when it did not.
             * @example 500
             */
            status: number | null;
            /**
             * @description How long it took.
             * @example 84
             */
            ms: number;
            /**
             * @description Null for a success.
             * @example answered 500
             */
            error: string | null;
        };
        WebhookDeliveryResponse: {
            /** @example 6741c0c0a5f2d13b8c9e000b */
            id: string;
            /**
             * @description `Cliick-Event-Id`: the same for every try and every redelivery.
             * @example evt_3f1a0c9d5b7e4826a1c0d9e8f7b6a594
             */
            eventId: string;
            /** @example order.created */
            event: string;
            /**
             * @example pending
             * @enum {string}
             */
            state: "pending" | "delivered" | "failed";
            /**
             * @description Tries since it was last asked for.
             * @example 1
             */
            tries: number;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:30.000Z
             */
            nextTryAt: string | null;
            /** @description The newest 20, oldest first. */
            attempts: components["schemas"]["DeliveryAttemptResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When it is forgotten.
             * @example 2026-11-30T09:00:00.000Z
             */
            expiresAt: string;
        };
        PublicPaymentMethodResponse: {
            /** @example kbz */
            id: string;
            /** @example KBZ Pay */
            name: string;
            /** @example transfer */
            type?: string;
            /** @example Write the order number into the note. */
            instructions?: string;
            /** @example Daw Mya */
            accountName?: string;
            /** @example 0912 3456 7890 */
            accountNumber?: string;
            /** @example KBZ Bank */
            bankName?: string;
            /** @example https://media.example.com/qr/kbz.webp */
            qrCodeUrl?: string;
            /**
             * @description Whether the shop asks for a picture of the transfer.
             * @example true
             */
            requiresProof: boolean;
        };
        PublicShopResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            id: string;
            /** @example Mya Coffee */
            name: string;
            /** @example mya-coffee */
            slug: string;
            /** @example Coffee from the Shan hills. */
            description: string;
            /**
             * @description ISO 4217.
             * @example USD
             */
            currency: string;
            /**
             * @description IANA name.
             * @example Asia/Yangon
             */
            timeZone: string;
            /** @example https://media.example.com/logos/mya.webp */
            logoUrl?: string;
            /** @example +95 9 123 456 */
            phone: string;
            /** @example hello@mya.example */
            email: string;
            /** @example 12 Strand Road, Yangon */
            address: string;
            paymentMethods: components["schemas"]["PublicPaymentMethodResponse"][];
        };
        PublicProductResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0003 */
            id: string;
            /** @example Coffee beans, 1 kg */
            name: string;
            /** @example Roasted this week. */
            description: string;
            /** @example 19.99 */
            retailPrice: number;
            /**
             * @description What one costs today, in the shop's time zone: what an order is charged.
             * @example 17.5
             */
            currentPrice: number;
            /** @example 17.5 */
            promoPrice: number | null;
            /**
             * Format: date
             * @example 2026-11-23
             */
            promoStartDate: string | null;
            /**
             * Format: date
             * @example 2026-11-30
             */
            promoEndDate: string | null;
            /**
             * @description Pieces left; null: not counted.
             * @example 10
             */
            stock: number | null;
            /** @example https://media.example.com/products/beans.webp */
            imageUrl: string;
            /**
             * @description A small WebP picture for lists; `imageUrl` where we do not store the picture.
             * @example https://media.example.com/products/beans.webp
             */
            thumbnailUrl: string;
            /** @example Coffee */
            category: string;
            /**
             * @example product
             * @enum {string}
             */
            itemType: "product" | "service";
            /** @example One year */
            warranty: string;
            /**
             * @description How long a service takes.
             * @example 45 minutes
             */
            duration: string;
            /**
             * @description Where a service is given.
             * @example 12 Strand Road, Yangon
             */
            location: string;
            /**
             * @description The form by which it is ordered.
             * @example 6741c0c0a5f2d13b8c9e0004
             */
            formId: string | null;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
        };
        PublicFormResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0004 */
            id: string;
            /** @example Coffee order */
            name: string;
            fields: components["schemas"]["FormFieldResponse"][];
        };
        PublicOrderChangeResponse: {
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            at: string;
            /**
             * @example pending
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
        };
        SubmittedOrderResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            id: string;
            /**
             * @description Short and readable, to name it in a chat.
             * @example MCXX-0042
             */
            orderId: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            items: components["schemas"]["OrderItemResponse"][];
            /** @example 39.98 */
            totalAmount: number;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * @example pending
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /**
             * @example unpaid
             * @enum {string}
             */
            paymentStatus: "unpaid" | "pending" | "paid" | "partially_refunded" | "refunded";
            /** @example Cash on delivery */
            paymentMethod: string;
            /** @description Oldest first. */
            history: components["schemas"]["PublicOrderChangeResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            submittedAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
            /**
             * @description Customer token: opens this order, and no other, to its holder for 30 days.
             * @example eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl
             */
            token: string;
        };
        SubmitFormDto: {
            /**
             * @description By field id of the form; may be left out when the form asks for nothing.
             * @example {
             *       "full-name": "Aung Aung"
             *     }
             */
            answers?: {
                [key: string]: string | number | boolean | string[];
            };
            items: components["schemas"]["OrderLineDto"][];
            customer: components["schemas"]["OrderCustomerDto"];
            /**
             * @description By name or id; may be the answer to a Payment Selector instead.
             * @example Cash on delivery
             */
            paymentMethod?: string;
            /**
             * @description A trap for programs that fill in every field. Put it on the page where nobody sees it (`tabindex="-1"`, `autocomplete="off"`, hidden by CSS) and send it as it is: a submission in which it is filled is refused and nothing is stored.
             * @example
             */
            website?: string;
        };
        PublicOrderResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0005 */
            id: string;
            /**
             * @description Short and readable, to name it in a chat.
             * @example MCXX-0042
             */
            orderId: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            items: components["schemas"]["OrderItemResponse"][];
            /** @example 39.98 */
            totalAmount: number;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * @example pending
             * @enum {string}
             */
            status: "pending" | "processing" | "completed" | "cancelled" | "returned";
            /**
             * @example unpaid
             * @enum {string}
             */
            paymentStatus: "unpaid" | "pending" | "paid" | "partially_refunded" | "refunded";
            /** @example Cash on delivery */
            paymentMethod: string;
            /** @description Oldest first. */
            history: components["schemas"]["PublicOrderChangeResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            submittedAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
        };
        PublicPaymentResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0008 */
            id: string;
            /** @example 6741c0c0a5f2d13b8c9e0002 */
            shopId: string;
            /**
             * @description The order's id.
             * @example 6741c0c0a5f2d13b8c9e0005
             */
            orderId: string;
            /**
             * @description The order's readable number.
             * @example MCXX-0042
             */
            orderNumber: string;
            /**
             * @example stripe
             * @enum {string}
             */
            provider: "stripe" | "paypal" | "sandbox" | "transfer";
            /**
             * @description The provider's id; null until it has answered.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d
             */
            providerId: string | null;
            /** @example 39.98 */
            amount: number;
            /**
             * @description ISO 4217, of the amounts.
             * @example USD
             */
            currency: string;
            /**
             * @example succeeded
             * @enum {string}
             */
            status: "pending" | "requires_action" | "processing" | "failed" | "canceled" | "succeeded" | "partially_refunded" | "refunded";
            /**
             * @description What was taken.
             * @example 39.98
             */
            capturedAmount: number;
            /**
             * @description What was given back of it.
             * @example 0
             */
            refundedAmount: number;
            /** @description Why the last try failed; null when it did not. */
            failure: components["schemas"]["PaymentFailureResponse"] | null;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            updatedAt: string;
            /**
             * @description For the payer, where it is begun or confirmed; kept nowhere.
             * @example pi_3QOZ0c2eZvKYlo2C1a2b3c4d_secret_4eC39HqLyjWDarjtT1zdp7dc
             */
            clientSecret?: string | null;
            /**
             * @description Where the payer approves it, where the provider asks for that.
             * @example https://www.paypal.com/checkoutnow?token=5O190127TN364715T
             */
            approveUrl?: string | null;
        };
        PayOrderDto: {
            /**
             * @description Held against the order's total, which is what is paid: 39.98, not 3998.
             * @example 39.98
             */
            amount?: number;
            /**
             * @description Held against the order's currency.
             * @example USD
             */
            currency?: string;
            /**
             * @description Without it the first that is set up: stripe, paypal, and sandbox outside of production.
             * @example sandbox
             * @enum {string}
             */
            provider?: "stripe" | "paypal" | "sandbox" | "transfer";
        };
        TransferProofDto: {
            /**
             * @description The bank's number of the transfer; this or a picture is needed.
             * @example 0100 2345 6789
             */
            reference?: string;
            /**
             * @description A picture of it as a data URL, or the address of one that was uploaded here.
             * @example data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
             */
            picture?: string;
        };
        PublicMessageResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0031 */
            id: string;
            /**
             * @description `user` is the customer.
             * @example user
             * @enum {string}
             */
            sender: "user" | "ai" | "seller";
            /** @example Two, please. */
            text: string;
            /**
             * @description Epoch milliseconds.
             * @example 1795424400000
             */
            timestamp: number;
            attachment: components["schemas"]["AttachmentResponse"] | null;
        };
        PublicConversationResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            id: string;
            /** @example Su Su */
            customerName: string;
            /**
             * @example open
             * @enum {string}
             */
            status: "open" | "pending" | "closed";
            /** @description Oldest first. */
            messages: components["schemas"]["PublicMessageResponse"][];
            /**
             * Format: date-time
             * @example 2026-11-23T08:00:00.000Z
             */
            createdAt: string;
        };
        StartedConversationResponse: {
            conversation: components["schemas"]["PublicConversationResponse"];
            /**
             * @description Opens this conversation until 30 days after its last message, a year at most: `Authorization: Bearer`.
             * @example eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI2NzQxIn0.c2lnbmF0dXJl
             */
            token: string;
        };
        StartConversationDto: {
            /** @example Su Su */
            customerName: string;
            /** @example Do you have the beans in 1 kg? */
            text: string;
            /**
             * @description By phone or e-mail the customer is known again.
             * @example +95 9 123 456
             */
            phone?: string;
            /** @example aung@example.com */
            email?: string;
        };
        CustomerAttachmentDto: {
            /**
             * @description A file as a data URL, or the address of one that was uploaded to this chat.
             * @example https://api.example.com/media/private/6741c0c0a5f2d13b8c9e0041/0f343b0931126a20f133d67c2b018a3b.jpg
             */
            url: string;
            /** @example transfer.jpg */
            name?: string;
        };
        SendCustomerMessageDto: {
            /**
             * @description May be empty with an attachment only.
             * @example Two, please.
             */
            text: string;
            attachment?: components["schemas"]["CustomerAttachmentDto"] | null;
            /**
             * @description Your own id of this message: sent again, it is answered and not added again.
             * @example 5b0cf6b2-5d0c-4f0e-9c57-0f1d3c1c2a55
             */
            clientMessageId?: string;
        };
        ChangesResponse: {
            /**
             * @description The shop's number before this was read: pass it as the next `since`.
             * @example 43
             */
            seq: number;
            /**
             * @description Whether too much has changed, or `since` is not of this shop: read all anew.
             * @example false
             */
            reset: boolean;
            /** @description Without their messages. */
            conversations: components["schemas"]["ConversationResponse"][];
            messages: components["schemas"]["MessageResponse"][];
            orders: components["schemas"]["OrderResponse"][];
            /** @description Your own. */
            notifications: components["schemas"]["NotificationResponse"][];
        };
        HealthResponse: {
            /**
             * @description Degraded: it serves, but what processes share through Redis is not shared.
             * @example ready
             * @enum {string}
             */
            status: "live" | "ready" | "degraded";
            /**
             * @description What was asked, by name.
             * @example {
             *       "database": "up"
             *     }
             */
            checks?: {
                [key: string]: "up" | "down";
            };
        };
        DeadJobResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0011 */
            id: string;
            /**
             * @description What it does.
             * @example push.send
             */
            name: string;
            /**
             * @description What it is about: a job of a name and a key is there once.
             * @example 6741c0c0a5f2d13b8c9e0012:6741c0c0a5f2d13b8c9e0013
             */
            key: string;
            /** @example 7 */
            failures: number;
            /**
             * @description Why it failed last.
             * @example fcm.googleapis.com answered 503
             */
            error: string;
            /**
             * Format: date-time
             * @example 2026-11-23T09:00:00.000Z
             */
            failedAt: string;
        };
        ChatStatusResponse: {
            /** @example 6741c0c0a5f2d13b8c9e0030 */
            id: string;
            /**
             * @example open
             * @enum {string}
             */
            status: "open" | "pending" | "closed";
        };
        ClearedNotificationsResponse: {
            /**
             * @description Which; null: all of them.
             * @example [
             *       "6741c0c0a5f2d13b8c9e0050"
             *     ]
             */
            ids: string[] | null;
            /**
             * @description Whether they were deleted.
             * @example false
             */
            isDeleted: boolean;
        };
        Failure: {
            /** @enum {boolean} */
            success: false;
            /** @description A sentence a person can act on. */
            error: string;
            /**
             * @description For programs.
             * @enum {string}
             */
            code: "validation_failed" | "malformed_body" | "invalid_cursor" | "bad_request" | "unauthenticated" | "invalid_credentials" | "cross_site" | "reauthentication_required" | "forbidden" | "link_expired" | "not_found" | "conflict" | "conversation_moved_on" | "invalid_signature" | "invalid_token" | "last_owner" | "email_taken" | "username_taken" | "slug_taken" | "sku_taken" | "out_of_stock" | "already_paid" | "not_payable" | "not_refundable" | "payment_refused" | "illegal_status" | "idempotency_in_progress" | "payload_too_large" | "range_not_satisfiable" | "request_timeout" | "unsupported_media_type" | "idempotency_key_reused" | "amount_mismatch" | "amount_not_payable" | "scopes_missing" | "no_page" | "rate_limited" | "internal_error" | "database_unavailable" | "provider_not_configured" | "mail_not_configured" | "provider_failed" | "not_ready";
            /** @description What is wrong, field by field. */
            details?: {
                field: string;
                message: string;
            }[];
            /** @description What the caller needs to go on: with `conversation_moved_on` its new `messages`, as far as they are stored, and its `messageCount`. */
            data?: {
                [key: string]: unknown;
            };
            /** @description Names the request in our logs. */
            requestId: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Auth_register: {
        parameters: {
            query?: never;
            header?: {
                /** @description `body` for clients without cookies: the refresh token travels in the body. */
                "X-Token-Transport"?: "body";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterDto"];
            };
        };
        responses: {
            /** @description Create an account and sign in */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignInResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Auth_login: {
        parameters: {
            query?: never;
            header?: {
                /** @description `body` for clients without cookies: the refresh token travels in the body. */
                "X-Token-Transport"?: "body";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginDto"];
            };
        };
        responses: {
            /** @description Sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignInResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `invalid_credentials` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Auth_refresh: {
        parameters: {
            query?: never;
            header?: {
                /** @description `body` for clients without cookies: the refresh token travels in the body. */
                "X-Token-Transport"?: "body";
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshDto"];
            };
        };
        responses: {
            /** @description Exchange the refresh token for new tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignInResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Auth_logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Auth_ensureProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is signed in, with the cookies of the session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UserResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Auth_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UserResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Sessions_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The devices that are signed in, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SessionResponse"][];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Sessions_revokeOthers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out all other devices */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Sessions_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                sessionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sign out one device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Password_forgot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ForgotPasswordDto"];
            };
        };
        responses: {
            /** @description Ask for a link to set a new password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Password_reset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetPasswordDto"];
            };
        };
        responses: {
            /** @description Set a new password with the token of the link */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Password_change: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangePasswordDto"];
            };
        };
        responses: {
            /** @description Change the password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    EmailVerification_request: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ask for a link that confirms the e-mail address */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    EmailVerification_verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OneTimeTokenDto"];
            };
        };
        responses: {
            /** @description Confirm the e-mail address with the token of the link */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Profile_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Exact, in any case. */
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Somebody by username, to invite */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PersonResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Profile_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the user.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProfileDto"];
            };
        };
        responses: {
            /** @description Change oneself: name, picture, password */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UserResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `username_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Profile_setDisabled: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the user.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DisableUserDto"];
            };
        };
        responses: {
            /** @description Forbid or allow a user to sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UserResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    FacebookAuth_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkFacebookDto"];
            };
        };
        responses: {
            /** @description Link Facebook to the account with the same e-mail, and sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SignInResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `invalid_credentials` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Shops_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller's shops */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShopResponse"][];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Shops_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateShopDto"];
            };
        };
        responses: {
            /** @description Open a shop */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShopDetailsResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `slug_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Shops_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One shop with its settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShopDetailsResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Shops_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateShopDto"];
            };
        };
        responses: {
            /** @description Change a shop and its settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShopDetailsResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Shops_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a shop: it is gone for everybody at once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The team */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["TeamResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_add: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddMemberDto"];
            };
        };
        responses: {
            /** @description Add somebody to the team, or invite them */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["TeamEntryResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_leave: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Leave the team */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `last_owner` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_withdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the invitation.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                invitationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Withdraw an invitation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_setRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the user.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeRoleDto"];
            };
        };
        responses: {
            /** @description Change a member's role */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["TeamPersonResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `last_owner` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the user.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Take a member out of the team */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `last_owner` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Team_transfer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferShopDto"];
            };
        };
        responses: {
            /** @description Make a member the owner */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Invitations_accept: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptInvitationDto"];
            };
        };
        responses: {
            /** @description Join the shop of an invitation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ShopResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Colleagues_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The people of the caller's shops */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PersonResponse"][];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Media_upload: {
        parameters: {
            query?: {
                /** @description `public` for the catalogue, logos and QR codes; `private` for what is for one customer. */
                visibility?: "public" | "private";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    files: string[];
                };
            };
        };
        responses: {
            /** @description Store files: pictures, videos, PDF */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["MediaResponse"][];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    MediaFiles_getPublic: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Digest of the content, and what it is. */
                name: unknown;
                /** @description Id of the file. */
                fileId: unknown;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A public file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "image/gif": string;
                    "video/mp4": string;
                    "video/webm": string;
                    "application/pdf": string;
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `range_not_satisfiable` */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    MediaFiles_getPrivate: {
        parameters: {
            query: {
                /** @description Epoch seconds. */
                expires: string;
                /** @description Of the path and the time, by this API. */
                signature: string;
            };
            header?: never;
            path: {
                /** @description Digest of the content, and what it is. */
                name: unknown;
                /** @description Id of the file. */
                fileId: unknown;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A private file, by an address that an answer has given */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "image/gif": string;
                    "video/mp4": string;
                    "video/webm": string;
                    "application/pdf": string;
                };
            };
            /** @description `validation_failed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `link_expired` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `range_not_satisfiable` */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Customers_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Beginnings of words of the name or e-mail, or a phone or its last digits. */
                q?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shop's customers, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Customers_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCustomerDto"];
            };
        };
        responses: {
            /** @description Enter a customer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Customers_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the customer.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                customerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One customer with their newest orders and conversations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerDetailResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Customers_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the customer.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                customerId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateCustomerDto"];
            };
        };
        responses: {
            /** @description Change a customer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    CustomerPrivacy_merge: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the customer.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                customerId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MergeCustomerDto"];
            };
        };
        responses: {
            /** @description Merge a customer into another */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    CustomerPrivacy_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the customer.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                customerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything the shop holds of one person */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerExportResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    CustomerPrivacy_erase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the customer.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                customerId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erase one person's data */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["CustomerResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Integrations_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connections with the five platforms */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["IntegrationResponse"][];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Integrations_authorize: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Name of the platform. */
                platform: "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where a popup goes to connect */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["AuthorizeResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Integrations_connect: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Name of the platform. */
                platform: "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectDto"];
            };
        };
        responses: {
            /** @description Connect with what the popup handed over */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["IntegrationResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Integrations_disconnect: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Name of the platform. */
                platform: "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Disconnect */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["IntegrationResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Integrations_choosePage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Name of the platform. */
                platform: "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChoosePageDto"];
            };
        };
        responses: {
            /** @description Choose among several pages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["IntegrationResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    ProductFiles_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description Bring a CSV file into the catalogue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ImportReportResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    ProductFiles_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The whole catalogue as a CSV file, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Beginnings of words in the name, the SKU or the category. */
                q?: string;
                /** @description The whole category, in any case. */
                category?: string;
                /** @description Products or services. */
                itemType?: "product" | "service";
                /** @description `in`: 1 and more; `low`: from 0 to `threshold`; `out`: 0; `uncounted`: none kept. */
                stock?: "in" | "low" | "out" | "uncounted";
                /** @description Up to which a stock is `low`. */
                threshold?: number;
                /** @description `createdAt` where it is offered, else `stock`. */
                sort?: "createdAt" | "name" | "retailPrice" | "stock";
                /** @description Of the sort. */
                order?: "asc" | "desc";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The catalogue: searched, filtered, sorted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProductResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateProductDto"];
            };
        };
        responses: {
            /** @description Add a product or a service */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProductResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `sku_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One product */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProductResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_replace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProductDto"];
            };
        };
        responses: {
            /** @description Change a product, by the whole of it or a part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProductResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Take a product out of the catalogue */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Products_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProductDto"];
            };
        };
        responses: {
            /** @description Change some of a product */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ProductResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StockMovements_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How a stock came to be, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["StockMovementResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StockMovements_adjust: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdjustStockDto"];
            };
        };
        responses: {
            /** @description Add pieces to a stock, or take some away */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["StockMovementResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only those that customers can, or cannot, open. */
                published?: boolean;
                /** @description Those that were put away, instead of the others. */
                archived?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shop's forms, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateFormDto"];
            };
        };
        responses: {
            /** @description Make a form */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateFormDto"];
            };
        };
        responses: {
            /** @description Change a form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a form, or archive it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["RemovedFormResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateFormDto"];
            };
        };
        responses: {
            /** @description Change a form, as PUT does */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
                /** @description An order's `formVersion`. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What a form asked in one of its versions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormVersionResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_publish: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Open a form to customers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_unpublish: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Close a form to customers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Forms_duplicate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Make a draft with the same questions */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["FormResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Orders_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only these, by any of their names. */
                status?: "pending" | "processing" | "completed" | "cancelled" | "returned";
                /** @description Only what was ordered there. */
                channel?: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber" | "counter";
                /** @description Only orders of this customer. */
                customerId?: string;
                /** @description Placed at this time or later. */
                from?: string;
                /** @description Placed before this time. */
                to?: string;
                /** @description Beginnings of words in the number or the customer's name, phone or e-mail. */
                q?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shop's orders, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OrderResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Orders_create: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateOrderDto"];
            };
        };
        responses: {
            /** @description Enter an order for a customer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OrderResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Orders_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Its id, or its number. */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One order, by its id or its number */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OrderResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Orders_changeStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description Its id, or its number. */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeOrderStatusDto"];
            };
        };
        responses: {
            /** @description Move an order on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["OrderResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    SalesReport_sales: {
        parameters: {
            query: {
                /** @description The first day, by the shop's time zone. */
                from: string;
                /** @description The last day, included. */
                to: string;
                /** @description Of the series. By hours it covers at most 31 days, by days 366, by weeks (from Monday) 1830, by months 3660. */
                interval?: "hour" | "day" | "week" | "month";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sales at a glance */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SalesReportResponse"];
                    };
                };
            };
            /** @description `validation_failed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Conversations_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only these. */
                status?: "open" | "pending" | "closed";
                /** @description Only what came through it. */
                channel?: "web" | "facebook" | "instagram" | "tiktok" | "telegram" | "viber";
                /** @description Id of a member, or `none` for what nobody is assigned to. */
                assigneeId?: string;
                /** @description Only what nobody has read (true), or only what was read (false). */
                unread?: boolean;
                /** @description Only what has this tag. */
                tag?: string;
                /** @description Only those of this customer. */
                customerId?: string;
                /** @description Beginnings of words of the customer's name, or words of the last message. */
                q?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The inbox, newest activity first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ConversationResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Conversations_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateConversationDto"];
            };
        };
        responses: {
            /** @description Open a conversation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ConversationResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Conversations_unread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How much nobody has read yet */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UnreadResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Conversations_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the conversation.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                conversationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One conversation with its newest 50 messages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ConversationResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Conversations_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the conversation.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                conversationId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateConversationDto"];
            };
        };
        responses: {
            /** @description Assign, tag, close, read a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ConversationResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Messages_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the conversation.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                conversationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A conversation's messages, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["MessageResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Messages_send: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the conversation.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                conversationId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendMessageDto"];
            };
        };
        responses: {
            /** @description Write to the customer, or a note to the team */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SentMessageResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Payments_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only these. */
                status?: "pending" | "requires_action" | "processing" | "failed" | "canceled" | "succeeded" | "partially_refunded" | "refunded";
                /** @description Only those of this order, by its id. */
                orderId?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shop's payments, or those of an order, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Payments_webhooks: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only these; what is `received` was not processed yet, `stuck` could not be. */
                state?: "received" | "processed" | "ignored" | "stuck";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the providers have told of the shop's payments, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookEventResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Payments_retryWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The provider's id of it. */
                eventId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Have a stuck webhook processed again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Payments_events: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All that happened to a payment, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentEventResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_begin[0]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePaymentDto"];
            };
        };
        responses: {
            /** @description Begin the payment of an order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_begin[1]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreatePaymentDto"];
            };
        };
        responses: {
            /** @description Begin the payment of an order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_confirm[0]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPaymentDto"];
            };
        };
        responses: {
            /** @description Take the money, or hear how far the payer has come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_confirm[1]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPaymentDto"];
            };
        };
        responses: {
            /** @description Take the money, or hear how far the payer has come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_get[0]": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One payment */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_get[1]": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One payment */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_cancel[0]": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancel a payment that was not made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_cancel[1]": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancel a payment that was not made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_refund[0]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundPaymentDto"];
            };
        };
        responses: {
            /** @description Give the money back, all or in part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    "PaymentIntents_refund[1]": {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The payment's id, ours or the provider's. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefundPaymentDto"];
            };
        };
        responses: {
            /** @description Give the money back, all or in part */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Transfers_accept: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Say that a transfer has come: its order is paid */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Transfers_reject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RejectTransferDto"];
            };
        };
        responses: {
            /** @description Say that a transfer has not come; the customer may attach another proof */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PaymentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Transfers_proof: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /** @description The payment's id. */
                paymentId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the customer shows for a transfer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["TransferProofResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    PushDevices_vapidPublicKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key by which a browser subscribes to web push */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["VapidKeyResponse"];
                    };
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    PushDevices_subscribe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscribeDto"];
            };
        };
        responses: {
            /** @description Be told by web push in this browser */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    PushDevices_unsubscribe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnsubscribeDto"];
            };
        };
        responses: {
            /** @description Be told no more by web push */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your notifications of all your shops, unread first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["NotificationResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_removeAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete all */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_unread: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many you have not read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["UnreadCountResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_readAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Mark all as read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_read: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the notification.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Mark one as read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["NotificationResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Notifications_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the notification.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                notificationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `cross_site` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Preferences_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What you are told in this shop, and how */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PreferencesResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Preferences_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdatePreferencesDto"];
            };
        };
        responses: {
            /** @description Choose what you are told in this shop, and how */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PreferencesResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The shop's webhooks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookResponse"][];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_create: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateWebhookDto"];
            };
        };
        responses: {
            /** @description Have an address told of what happens in the shop */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookWithSecretResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateWebhookDto"];
            };
        };
        responses: {
            /** @description Change, pause or resume a webhook */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Remove a webhook, with its deliveries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Webhooks_rotateSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Change the secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookWithSecretResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    WebhookDeliveries_test: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Send a test */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDeliveryResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    WebhookDeliveries_deliveries: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description Only those. */
                state?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was sent and how it went, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDeliveryResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    WebhookDeliveries_redeliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
                /**
                 * @description Id of the webhook.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                webhookId: string;
                /**
                 * @description Id of the delivery.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Send a delivery again */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["WebhookDeliveryResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Storefront_getShop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A shop, for its customers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicShopResponse"];
                    };
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Storefront_listProducts: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
                /** @description The whole category, in any case; not together with `q`. */
                category?: string;
                /** @description Beginnings of words in the name or the category. */
                q?: string;
            };
            header?: {
                /** @description The `ETag` of the answer you have; a browser sends it by itself. */
                "If-None-Match"?: string;
            };
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the shop sells, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicProductResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description What you have is still so; no body. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Storefront_getProduct: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
                /**
                 * @description Id of the product.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One product */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicProductResponse"];
                    };
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Storefront_listForms: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The published forms, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicFormResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Storefront_getForm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A published form */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicFormResponse"];
                    };
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontOrders_submit: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The shop's address or id. */
                slugOrId: string;
                /**
                 * @description Id of the form.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                formId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubmitFormDto"];
            };
        };
        responses: {
            /** @description Answer a form: places an order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["SubmittedOrderResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontOrders_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The order's `id`, not its readable number. */
                orderId: unknown;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How the order stands, for who placed it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicOrderResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontPayments_begin: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The order's `id`, not its readable number. */
                orderId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PayOrderDto"];
            };
        };
        responses: {
            /** @description Begin the payment of my order */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicPaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontPayments_confirm: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The order's `id`, not its readable number. */
                orderId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfirmPaymentDto"];
            };
        };
        responses: {
            /** @description Pay, or hear how far I have come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicPaymentResponse"];
                        paymentIntent: components["schemas"]["PaymentIntentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `provider_failed` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontPayments_attach: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The order's `id`, not its readable number. */
                orderId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferProofDto"];
            };
        };
        responses: {
            /** @description Show the proof of my transfer */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicPaymentResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontConversations_start: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Address or id of the shop. */
                slugOrId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartConversationDto"];
            };
        };
        responses: {
            /** @description Start a web chat */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["StartedConversationResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_in_progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontConversations_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Id of the conversation. */
                conversationId: unknown;
                /** @description Address or id of the shop. */
                slugOrId: unknown;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer's own messages and the answers, newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicMessageResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontConversations_send: {
        parameters: {
            query?: never;
            header?: {
                /** @description A key of your own for this request, such as a UUID. For 24 hours the same key and body answer the first answer again, with `Idempotency-Replayed: true`. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Id of the conversation. */
                conversationId: unknown;
                /** @description Address or id of the shop. */
                slugOrId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SendCustomerMessageDto"];
            };
        };
        responses: {
            /** @description Write to the shop */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["PublicMessageResponse"];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_in_progress` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontMedia_uploadToOrder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The order's `id`, not its readable number. */
                orderId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    files: string[];
                };
            };
        };
        responses: {
            /** @description Store files for the proof of my transfer */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["MediaResponse"][];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    StorefrontMedia_uploadToConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the conversation. */
                conversationId: unknown;
                /** @description Address or id of the shop. */
                slugOrId: unknown;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    files: string[];
                };
            };
        };
        responses: {
            /** @description Store files to send along in my chat */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["MediaResponse"][];
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Sync_changes: {
        parameters: {
            query: {
                /** @description The highest `seq` you have seen; 0 for all there is. */
                since: number;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the shop.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                shopId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything of a shop that is newer than a number */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["ChangesResponse"];
                    };
                };
            };
            /** @description `validation_failed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Health_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["HealthResponse"];
                    };
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    Health_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["HealthResponse"];
                    };
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description One of the codes in the examples. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    OperatorJobs_list: {
        parameters: {
            query?: {
                /** @description Rows of a page. */
                limit?: number;
                /** @description `meta.nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs that failed at every try, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DeadJobResponse"][];
                        meta: {
                            /** @description Pass as `cursor` for the next page; null on the last. */
                            nextCursor: string | null;
                        };
                    };
                };
            };
            /** @description One of the codes in the examples. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
    OperatorJobs_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the job.
                 * @example 6741c0c0a5f2d13b8c9e0002
                 */
                jobId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Try a dead job again, with all its tries */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        success: true;
                        data: components["schemas"]["DoneResponse"];
                    };
                };
            };
            /** @description `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
            /** @description `database_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Failure"];
                };
            };
        };
    };
}
