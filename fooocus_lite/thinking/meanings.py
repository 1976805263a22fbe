"""Which words say what: the table that Enhance reads a prompt by. English only, and only data."""

# tag -> words and word groups that say it. A longer group wins over the words inside it.
MEANINGS: dict[str, str] = {
    # Subject
    "person": (
        "person, people, man, men, woman, women, girl, boy, child, children, kid, baby, lady, "
        "gentleman, grandmother, grandfather, mother, father, fisherman, farmer, soldier, knight, "
        "samurai, warrior, king, queen, prince, princess, wizard, witch, monk, nun, chef, doctor, "
        "nurse, dancer, ballerina, musician, violinist, guitarist, pianist, astronaut, pirate, "
        "detective, fashion model, bride, groom, couple, family, worker, blacksmith, scientist, "
        "teacher, student, actor, actress, singer, elf, ninja, cowboy, viking, geisha, athlete, "
        "runner, surfer, skateboarder, cyclist, boxer, face, selfie, headshot, sailor, painter, "
        "potter, carpenter, shepherd, nomad, emperor, vampire, mermaid, fairy, superhero, hacker, "
        "old man, old woman, self portrait, lighthouse keeper, maker, keeper, seller, player, "
        "driver, rider, vendor, artisan, traveler, hiker, gardener, baker, friend, figure, "
        "librarian, photographer, diver"
    ),
    "animal": (
        "animal, cat, kitten, dog, puppy, wolf, fox, bear, lion, tiger, leopard, cheetah, horse, "
        "pony, cow, sheep, goat, pig, rabbit, bunny, hare, mouse, squirrel, hedgehog, deer, stag, "
        "elephant, giraffe, zebra, rhino, hippo, monkey, gorilla, panda, koala, kangaroo, otter, "
        "seal, whale, dolphin, shark, fish, goldfish, octopus, jellyfish, turtle, tortoise, frog, "
        "lizard, chameleon, snake, crocodile, bird, owl, eagle, hawk, parrot, penguin, swan, "
        "duck, hummingbird, kingfisher, flamingo, crow, raven, sparrow, robin, peacock, "
        "butterfly, bee, beetle, dragonfly, ant, spider, snail, corgi, husky, retriever, sea "
        "lion, brown bear, polar bear, camel, raccoon, badger, beaver, moth, toucan, heron, "
        "rooster, hen, chick, snow leopard, arctic fox, polar fox, tabby, terrier, poodle"
    ),
    "furry": (
        "cat, kitten, dog, puppy, wolf, fox, bear, lion, tiger, leopard, cheetah, rabbit, bunny, "
        "hare, squirrel, panda, koala, otter, corgi, husky, retriever, brown bear, polar bear, "
        "raccoon, badger, beaver, monkey, gorilla, mouse, snow leopard, arctic fox, tabby, "
        "terrier, poodle, polar fox"
    ),
    "bird": (
        "bird, owl, eagle, hawk, parrot, penguin, swan, duck, hummingbird, kingfisher, flamingo, "
        "crow, raven, sparrow, robin, peacock, toucan, heron, rooster, hen"
    ),
    "landscape": (
        "landscape, plains, mountain, valley, hill, hillside, meadow, field, prairie, canyon, "
        "cliff, desert, dune, glacier, fjord, tundra, savanna, countryside, vineyard, waterfall, "
        "volcano, forest, woods, jungle, rainforest, lake, river, coast, coastline, beach, "
        "seascape, island, horizon, swamp, rice terrace, lavender field, highlands, moor, "
        "floating island"
    ),
    "forest": "forest, woods, jungle, rainforest, grove, woodland",
    "mountain": "mountain, cliff, canyon, volcano, peak, summit, alps, highlands",
    "desert": "desert, dune, sahara",
    "sea": "sea, ocean, coast, coastline, beach, seascape, seaside, harbor, wave, shore",
    "water": "sea, ocean, coast, lake, river, pond, waterfall, wave, harbor, canal, shore, stream",
    "city": (
        "city, town, village, street, alley, skyline, downtown, cityscape, tokyo, paris, london, "
        "venice, new york, metropolis, market, bazaar, plaza, avenue, rooftop, neighborhood, "
        "suburb, rooftops, hong kong, city street, street photography, wet street"
    ),
    "building": (
        "building, house, cottage, cabin, castle, palace, tower, skyscraper, church, cathedral, "
        "temple, shrine, mosque, bridge, lighthouse, windmill, barn, architecture, facade, villa, "
        "mansion, ruin, museum, stadium, monastery, pavilion, hut, factory, train station, "
        "treehouse, fortress"
    ),
    "interior": (
        "interior, indoor, indoors, room, living room, bedroom, kitchen, bathroom, office, "
        "library, cafe, restaurant, bar, hallway, corridor, attic, basement, studio apartment, "
        "workshop, classroom, greenhouse, tavern, inside, bookstore, loft, laboratory, fireplace, "
        "throne room, couch, sofa"
    ),
    "food": (
        "food, cake, bread, pizza, burger, hamburger, pasta, spaghetti, ramen, noodle, soup, "
        "sushi, salad, steak, pancake, waffle, croissant, cookie, donut, dessert, ice cream, "
        "breakfast, dinner, meal, dish, cheese, chocolate, fruit, apple, strawberry, lemon, pie, "
        "taco, sandwich, curry, hot dog, cupcake, coffee, latte, cocktail, tea, berries, honey, "
        "dumpling, burrito"
    ),
    "object": (
        "object, product, bottle, perfume, pocket watch, wristwatch, shoe, sneaker, chair, lamp, "
        "vase, cup, mug, teapot, book, clock, key, ring, jewelry, necklace, guitar, violin, "
        "piano, camera, phone, laptop, headphones, toy, teddy bear, umbrella, backpack, handbag, "
        "sword, helmet, crown, candle, mask, coin, snow globe, compass, typewriter, bowl, "
        "glasses, sunglasses, light bulb, fire hydrant, still life, balloon, crystal, gemstone, "
        "cosmetics, packaging, lipstick, knife, telescope, globe, kettle, table, desk, rain "
        "boots, doll, statue, chess set, figurine"
    ),
    "vehicle": (
        "vehicle, car, sports car, truck, van, bus, motorcycle, motorbike, bicycle, bike, train, "
        "tram, locomotive, airplane, plane, jet, helicopter, boat, ship, sailboat, yacht, "
        "submarine, tractor, taxi, spaceship, spacecraft, airship, hot air balloon, rocket, tank, "
        "scooter, starship, steam train, roadster, pickup, fire truck, fire engine"
    ),
    "robot": "robot, android, cyborg, mech, mecha, droid, automaton",
    "flower": (
        "flower, rose, tulip, sunflower, orchid, lily, peony, daisy, poppy, dahlia, blossom, "
        "bouquet, lotus, cherry blossom, wildflower, iris, lavender, lavender field"
    ),
    "plant": (
        "plant, tree, oak, bonsai, fern, cactus, succulent, leaf, leaves, mushroom, ivy, vine, "
        "monstera, bamboo, moss"
    ),
    "fantasy": (
        "fantasy, dragon, unicorn, phoenix, griffin, magic, magical, enchanted, wizard, witch, "
        "fairy, elf, orc, goblin, castle in the sky, mythical, mythology, mermaid, spell, "
        "sorcerer, floating island, kraken, steampunk, fairy tale, fairytale, demon, angel, god, "
        "goddess, giant, dreamscape, surreal, wonderland"
    ),
    "space": (
        "outer space, deep space, in space, galaxy, nebula, planet, cosmos, cosmic, supernova, "
        "black hole, moon surface, mars, saturn, jupiter, asteroid, space station, spacewalk, "
        "solar system"
    ),
    "cosmos": "galaxy, nebula, cosmos, cosmic, supernova, milky way, black hole",
    "futuristic": (
        "futuristic, cyberpunk, sci fi, science fiction, robot, android, cyborg, hologram, "
        "spaceship, future"
    ),
    "abstract": (
        "abstract, geometric, fractal, generative, pattern of shapes, fluid art, geometry, "
        "tessellation, swirl, non representational"
    ),
    # State of the subject
    "action": (
        "running, runs, jumping, leaping, dancing, fighting, flying, racing, chasing, riding, "
        "galloping, surfing, skateboarding, swimming, exploding, explosion, charging, speeding, "
        "sprinting, climbing, falling, diving, splash, splashing, action, drifting, skiing, "
        "crashing, battle scene, fight, sword fight"
    ),
    "crowd": (
        "crowd, crowded, people, army, festival, parade, concert, audience, procession, team, "
        "wedding party, group of, orchestra, spectators"
    ),
    "busy": "busy, bustling, chaotic, cluttered, packed, market, bazaar, hectic, maximalist",
    "masked": "mask, masked, helmet, hooded, faceless, skull, skeleton, astronaut, armor, veil",
    "back_view": "from behind, back view, walking away, back turned, seen from the back",
    "full_body": "full body, full length, head to toe",
    "silhouette": "silhouette, silhouetted",
    "bald": "hairless, sphynx",
    # Medium
    "photo": (
        "photo, photograph, photography, photographic, dslr, polaroid, snapshot, selfie, "
        "headshot, photorealistic, photo realistic, realistic photo, street photography, long "
        "exposure, kodak, fujifilm, leica, daguerreotype, 35mm photo, product shot"
    ),
    "film": "cinematic, film still, movie still, movie scene, film noir, movie, cinema",
    "painted": (
        "painting, painted, oil painting, watercolor, watercolour, gouache, acrylic, fresco, "
        "tempera, impressionist, impressionism, expressionist, brush strokes, brushwork, oil on "
        "canvas, digital painting, matte painting, concept art, renaissance, baroque, ukiyo e, "
        "ink wash, sumi e, aquarelle, van gogh, monet, rembrandt, vermeer"
    ),
    "watercolor": "watercolor, watercolour, aquarelle",
    "oil": "oil painting, oil on canvas, oil paint, baroque, rembrandt, vermeer, impasto",
    "drawn": (
        "drawing, sketch, pencil, charcoal, crayon, chalk, pen and ink, ink drawing, engraving, "
        "etching, doodle, hand drawn, drawn, colored pencil, pastel drawing, ballpoint, graphite"
    ),
    "pencil": "pencil, pencil drawing, pencil sketch, graphite, colored pencil",
    "charcoal": "charcoal, charcoal drawing, charcoal sketch",
    "inked": "ink, ink drawing, pen and ink, ink wash, sumi e, calligraphy",
    "illustration": (
        "illustration, illustrated, storybook, childrens book, picture book, cartoon, fan art, "
        "digital art, caricature, clip art, book cover, gold leaf, illuminated manuscript, "
        "vintage poster, travel poster, art deco poster"
    ),
    "anime": "anime, manga, ghibli, chibi, cel shaded",
    "comic": "comic, comic book, graphic novel, comics, superhero comic",
    "three_d": (
        "3d, 3d render, render, rendered, cgi, blender, octane render, unreal engine, low poly, "
        "voxel, isometric, clay render, ray traced, 3d model, pixar"
    ),
    "pixel": "pixel art, pixel, 8 bit, 16 bit, 8bit, 16bit, sprite",
    "craft": (
        "embroidery, embroidered, origami, papercraft, paper cut, papercut, claymation, clay, "
        "felt, knitted, crochet, mosaic, stained glass, quilt, tapestry, lego, needle felted, "
        "wood carving, gold leaf, beadwork, plasticine, plush"
    ),
    "print": (
        "linocut, woodcut, woodblock, screenprint, screen print, risograph, lithograph, "
        "letterpress, cyanotype, etching, engraving, pop art, poster, ukiyo e, block print, "
        "vintage poster, travel poster, art deco poster"
    ),
    "graphic": (
        "logo, icon, vector, vector art, flat, flat design, line art, lineart, blueprint, "
        "diagram, infographic, emoji, sticker, schematic, map of, seamless pattern, coloring "
        "page, typography, pictogram, flat color, wireframe, floor plan, line drawing, single "
        "line, clip art, stencil, tattoo design, app icon, monogram"
    ),
    "imaging": (
        "x ray, xray, thermal, thermal imaging, night vision, infrared, mri, ct scan, microscope, "
        "satellite image, ultrasound, heat map, screenshot"
    ),
    "minimal": (
        "minimal, minimalist, minimalism, simple, plain, simplistic, understated, clean background"
    ),
    # Light
    "light": (
        "light, lighting, lit, backlit, backlight, backlighting, sunlight, sunlit, sunbeam, "
        "moonlight, moonlit, candlelight, candlelit, lamplight, firelight, glow, glowing, neon, "
        "god rays, rim light, chiaroscuro, low key, high key, golden hour, blue hour, shadow, "
        "shadows, spotlight, softbox, daylight, illuminated, luminous, bioluminescent, "
        "torchlight, starlight, sun rays, light rays, volumetric, shade, shading, noir, film "
        "noir, silhouette, silhouetted, x ray, sunshine, streetlights, streetlight, lantern "
        "light, bokeh lights, dappled, night light, neon sign, neon signs, skylight, cel shading, "
        "occlusion, highlight, highlights, illumination, aurora, northern lights, fireworks, "
        "milky way, soft light, soft lighting, softly lit, harsh light, hard light, hard shadows, "
        "midday sun, window light, warm light, brightly lit, neon colors"
    ),
    "hard": "hard light, harsh light, harsh, midday sun, hard shadows",
    "soft": "soft light, soft lighting, diffuse, softly lit, diffused",
    "sun": (
        "sun, sunny, sunlight, sunlit, sunbeam, sunshine, golden hour, sun rays, midday sun, "
        "sunrise, sunset, sunny day"
    ),
    "moon": "moon, moonlight, moonlit, full moon",
    "window": "window light",
    "glow": "glow, glowing, neon, bioluminescent, neon sign, neon signs, neon colors",
    "dark": (
        "dark, darkness, low key, noir, film noir, pitch black, dim, gloomy, shadowy, abyss, "
        "eclipse, blackout, sunless, windowless"
    ),
    "bright": "bright, high key, airy, brightly lit, sunny, sunny day",
    # Time, weather, season
    "night": (
        "night, midnight, nighttime, nocturnal, starry, stars, moonlight, moonlit, full moon, "
        "starlight, milky way, aurora, northern lights, candlelit, starry sky, night sky, "
        "fireworks, night light"
    ),
    "dawn": "dawn, sunrise, daybreak, early morning, morning mist",
    "sunset": "sunset, dusk, twilight, golden hour, evening, sundown, blue hour",
    "day": (
        "day, daytime, daylight, noon, midday, afternoon, morning, sunny, sunlight, sunlit, blue "
        "sky, sunshine, sunny day, summer day, midday sun, clear morning, clear day"
    ),
    "noon": "noon, midday, midday sun",
    "rain": "rain, rainy, raining, drizzle, downpour, monsoon, wet street, puddle, rainstorm",
    "storm": (
        "storm, stormy, thunder, thunderstorm, lightning, tempest, hurricane, tornado, blizzard, "
        "rainstorm, snowstorm, sandstorm"
    ),
    "snow": (
        "snow, snowy, snowfall, blizzard, ice, icy, frozen, frost, glacier, snowstorm, arctic, "
        "antarctic, iceberg, snow covered"
    ),
    "snowfall": "snowfall, snowing, blizzard, snowstorm",
    "fog": "fog, foggy, mist, misty, haze, hazy, smoky, morning mist, smog",
    "overcast": "overcast, cloudy, gray sky, grey sky, gray day",
    "clear": "clear sky, blue sky, sunny, cloudless, sunny day, clear morning, clear day",
    "summer_heat": "heat wave, scorching, sweltering, tropical, desert",
    "spring": "spring, springtime, cherry blossom",
    "summer": "summer, summertime, summer day",
    "autumn": "autumn, autumnal, fall leaves, fall colors, fall foliage, in fall",
    "winter": "winter, wintry, christmas, snow, snowy, snowfall, blizzard",
    # Place
    "outdoors": (
        "outdoors, outdoor, outside, garden, park, road, highway, path, sky, campfire, "
        "playground, orchard, yard, backyard, farm, trail, camping, tent, grass, blue sky, clear "
        "sky, night sky, starry sky"
    ),
    "indoors": (
        "cave, indoor, window sill, windowsill, museum hall, stage, backstage, tunnel, subway, "
        "subway station"
    ),
    "underwater": (
        "underwater, under water, coral reef, deep sea, undersea, seabed, ocean floor, submerged, "
        "reef, beneath the waves"
    ),
    "sky": (
        "sky, cloud, clouds, sunset, sunrise, starry, aurora, rainbow, horizon, skyline, starry "
        "sky, night sky, blue sky, gray sky, grey sky, clear sky, castle in the sky"
    ),
    "studio": (
        "studio, white background, black background, plain background, isolated, transparent "
        "background, solid background, gray background, product shot, backdrop, blue background, "
        "red background, yellow background, green background, pink background, orange background, "
        "uncluttered background, seamless background"
    ),
    # Framing and lens
    "framing": (
        "close up, closeup, macro, wide shot, wide angle, aerial, top down, overhead, birds eye, "
        "birds eye view, low angle, high angle, medium shot, full body, full length, framing, "
        "framed, composition, composed, symmetrical, symmetry, panorama, panoramic, headshot, "
        "bust, view, angle, dutch angle, isometric, establishing shot, portrait, extreme close "
        "up, from above, from below, from behind, profile, centered, perspective, rule of thirds, "
        "shot, worms eye, point of view, pov, drone, negative space, foreground, focal point, "
        "tight crop, flat lay, full shot, self portrait, portrait of, back view, wide angle lens"
    ),
    "portrait": "portrait, headshot, selfie, bust, self portrait, portrait of",
    "close": "close up, closeup, macro, headshot, extreme close up, tight crop, close framing",
    "wide": (
        "wide shot, wide angle, panorama, panoramic, establishing shot, vast, sweeping, wide "
        "angle lens"
    ),
    "aerial": "aerial, top down, overhead, birds eye, birds eye view, from above, drone, flat lay",
    "lens": (
        "lens, bokeh, depth of field, dof, shallow focus, deep focus, sharp focus, telephoto, "
        "fisheye, tilt shift, 85mm, 50mm, 35mm, 24mm, 100mm, 200mm, f1, f2, anamorphic, out of "
        "focus, blurred background, blurry background, background blur, aperture, long exposure, "
        "motion blur, wide angle lens, in focus, creamy background, macro, 35mm photo"
    ),
    "depth": (
        "bokeh, depth of field, shallow focus, blurred background, blurry background, background "
        "blur"
    ),
    "crisp": "crisp, sharp, fine, sharp focus, in focus, deep focus",
    "blurred": "blurry, blurred, blur, out of focus, soft focus, unfocused, defocused",
    # Surface
    "detail": (
        "detailed, detail, details, intricate, hyperdetailed, texture, textured, highly detailed, "
        "ultra detailed, brush strokes, brushwork, impasto, film grain, grainy, hatching, cross "
        "hatching, linework, line weight, ornate, photorealistic, hyperrealistic, weathered, "
        "glossy, washes"
    ),
    "brush": "brush strokes, brushwork, impasto, painterly",
    # Palette
    "palette": (
        "palette, pastel, vivid, vibrant, muted, colorful, colourful, saturated, desaturated, "
        "earth tones, earthy, warm tones, cool tones, technicolor, sepia, vaporwave, synthwave, "
        "pop art, psychedelic, rainbow, iridescent, color scheme, warm colors, cool colors, "
        "bright colors, neon colors, tones, hues, duotone, teal and orange, monochromatic, "
        "kodachrome, tonal, color grading, complementary colors, pigments, pastel drawing"
    ),
    "monochrome": (
        "black and white, monochrome, monochromatic, noir, film noir, sepia, grayscale, "
        "greyscale, charcoal, cyanotype, daguerreotype, sumi e, ink wash, pencil, graphite, "
        "duotone, blueprint, pencil drawing, pencil sketch, charcoal drawing, charcoal sketch, "
        "ballpoint, etching, engraving, pen and ink, ink drawing, linocut, woodcut"
    ),
    "colored": (
        "red, orange, yellow, green, turquoise, blue, purple, pink, brown, black, white, gray, "
        "golden, gold, silver, crimson, teal, violet, emerald, scarlet, magenta, cyan, beige, "
        "indigo, light blue, dark blue, light green, dark green, light pink, dark red, bright red"
    ),
    "warm": (
        "warm, warm light, warm tones, golden hour, candlelight, firelight, candlelit, amber, "
        "cozy, warm colors, sepia, fireplace, campfire, sunset"
    ),
    "cool": "cool tones, cool colors, cold, icy, blue hour, moonlight, moonlit, wintry, frozen",
    "vivid": (
        "vivid, vibrant, saturated, colorful, colourful, psychedelic, pop art, bright colors, "
        "neon colors"
    ),
    "muted": "muted, desaturated, faded, subdued, pastel, washed out, bleak, pastel drawing",
    # Mood
    "mood": (
        "mood, moody, atmosphere, atmospheric, ambience, energetic, mysterious, mystical, "
        "nostalgic, romantic, epic, dreamy, ethereal, whimsical, cozy, haunting, majestic, "
        "hopeful, elegant, powerful, heroic, intimate, dystopian, post apocalyptic, solemn, "
        "vaporwave"
    ),
    "calm": (
        "calm, peaceful, serene, tranquil, quiet, meditative, zen, gentle, restful, sleeping, "
        "asleep, relaxing, cozy, silent, hushed"
    ),
    "tense": (
        "scary, horror, creepy, eerie, ominous, sinister, terrifying, dread, haunted, nightmare, "
        "menacing, dystopian, post apocalyptic, gloomy, spooky, zombie, war, battlefield, demon, "
        "gothic horror"
    ),
    "joyful": (
        "happy, joyful, cheerful, fun, funny, playful, laughing, smiling, cute, celebration, "
        "birthday, party, festive, kawaii, adorable, whimsical, silly, carnival"
    ),
    "melancholy": (
        "sad, melancholy, melancholic, lonely, crying, grief, somber, mourning, abandoned, "
        "desolate, funeral, lonesome, tears"
    ),
    # Words inside these groups mean something else
    "": (
        "night stand, nightstand, street food, spring roll, sea salt, traffic light, flat tire, "
        "dark chocolate, white chocolate, light saber, lightsaber, blue jay, orange juice, "
        "sunday, dark hair, light hair, dark skin, white wine, red wine, dark eyes, bright eyes, "
        "cold brew, iced tea, green tea, cheese cake, snow white, ice cream cone, model train, "
        "rain coat, raincoat, fog horn, flat white, light brown, plain clothes, day of the dead, "
        "spring onion, frost giant, starfish, field mouse, horse race, sun hat"
    ),
}

# What else a tag says.
IMPLIES: dict[str, str] = {
    "landscape": "outdoors scenery",
    "forest": "outdoors scenery",
    "mountain": "outdoors scenery",
    "desert": "outdoors scenery",
    "sea": "outdoors scenery",
    "city": "outdoors scenery",
    "interior": "indoors",
    "photo": "camera",
    "film": "camera",
    "painted": "artwork",
    "watercolor": "painted artwork",
    "oil": "painted artwork",
    "drawn": "artwork",
    "pencil": "drawn artwork",
    "charcoal": "drawn artwork",
    "inked": "drawn artwork",
    "illustration": "artwork",
    "anime": "artwork",
    "comic": "artwork",
    "pixel": "artwork",
    "craft": "artwork",
    "print": "artwork",
    "graphic": "artwork",
    "calm": "mood",
    "tense": "mood",
    "joyful": "mood",
    "melancholy": "mood",
    "close": "framing",
    "wide": "framing",
    "aerial": "framing",
    "storm": "outdoors",
    "snowfall": "outdoors snow",
    "overcast": "outdoors",
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Of these only the first said is the subject: in "a girl with a book", the book is not. Of two
# side by side, it is the second: in "a violin maker", the violin is not.
SUBJECTS = _set("person animal furry bird food object vehicle flower plant building")
# Where what a negation speaks of ends: "no fog but a red sun", "without people in a street".
NEGATION_ENDS = _set("but with only just in on at under over by while a an the")
# Words too small to be said twice.
FILLERS = _set("a an and as at by for from in into is it its of on or over the to with without no")
# Two of the second without the first tell another language.
ENGLISH = _set("a an the of with and on at by under near")
FOREIGN = _set(
    "un une le la les des du dans sur avec et der die das ein eine einen und mit auf im el los las "
    "una con en del por y il gli di nella uma um com na no o os het een met van op i w z"
)
