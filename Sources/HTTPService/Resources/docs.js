// Shows the interface's description with Swagger UI. A key that is entered stays in this page and is gone with it.
"use strict";

SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#interface",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    // Nothing is sent to anybody else.
    validatorUrl: null,
});
