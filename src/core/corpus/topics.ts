import { type Lexicon, lists } from './grammar.ts';

/**
 * What the base corpus talks about. Every topic has the same lists, so that every kind of text works with every topic:
 * place, thing (singular), things (plural), worker, todo (after "to"), did (past), trouble, remedy (past), fact, sense.
 */
export const TOPICS: Readonly<Record<string, Lexicon>> = {
  weather: lists({
    place: 'the hill / the open field / the weather station / the valley / the roof of the house / the bridge',
    thing: 'umbrella / kite / rain barrel / wool scarf / wind vane / thermometer / lantern / raincoat / sled',
    things: 'clouds / snowflakes / raindrops / puddles / boots / gloves / storms',
    worker: 'weather reader / shepherd / postman / lighthouse keeper / road sweeper',
    todo: 'watch the clouds / measure the rain / fly a kite / wait for the snow / dry the wet clothes / close the windows',
    did: 'watched the grey clouds / counted the seconds after the lightning / swept the snow from the steps / closed every window / hung the wet coat by the fire / listened to the rain on the roof',
    trouble:
      'the wind tore the kite from the string / a thick fog came down / the rain ran under the door / the path turned to ice / the thunder frightened the dog / snow blocked the road',
    remedy:
      'waited under a big tree / put sand on the ice / lit the lantern / laid a towel along the door / sang until the thunder was gone / dug a small path with a shovel',
    fact: 'Clouds are made of tiny drops of water. / Warm air rises and cold air sinks. / Snow keeps the ground warm like a blanket. / Wind moves from high pressure to low pressure. / A red sky in the evening often means a dry day. / Fog is a cloud that touches the ground. / Lightning is hotter than fire.',
    sense:
      'the air smelled of rain / the wind was cold and wet / the sun was warm on the stones / grey clouds hung over the roofs / the first snow lay on the grass',
  }),
  cooking: lists({
    place: 'the kitchen / the bakery / the little restaurant / the camp kitchen / the cellar / the dining room',
    thing:
      'pot of soup / apple pie / loaf of bread / wooden spoon / bowl of rice / jar of honey / pan / cake / basket of eggs',
    things: 'carrots / onions / potatoes / pancakes / plates / herbs / beans',
    worker: 'cook / baker / waiter / kitchen boy / cheese maker',
    todo: 'bake a cake / cut the carrots / taste the soup / wash the plates / set the table / knead the dough',
    did: 'stirred the soup slowly / cut the bread into slices / peeled a bowl of potatoes / put the pie into the oven / tasted the sauce with a spoon / washed the big pan',
    trouble:
      'the milk boiled over / the bread was burned black / there was too much salt in the soup / the oven would not get hot / the eggs fell on the floor / the sugar was gone',
    remedy:
      'added more water / opened the window / borrowed some sugar / started again with fresh flour / cleaned the floor with a cloth / lit the old stove',
    fact: 'Salt makes sweet things taste sweeter. / Bread rises because of yeast. / Soup is often better on the second day. / Onions make people cry. / Honey does not go bad for years. / A sharp knife is safer than a dull one. / Water boils sooner on a mountain.',
    sense:
      'the kitchen smelled of fresh bread / steam covered the window / the butter melted in the pan / the table was full of plates / a kettle sang on the stove',
  }),
  travel: lists({
    place: 'the train station / the old inn / the mountain road / the airport / the border / a small hotel',
    thing: 'suitcase / map / train ticket / bicycle / tent / compass / camera / rucksack / travel book',
    things: 'tickets / roads / mountains / coins / bridges / strangers / postcards',
    worker: 'guide / train driver / porter / bus driver / innkeeper',
    todo: 'catch the early train / see the mountains / read the map / find a cheap room / cross the bridge / send a postcard',
    did: 'packed a small bag / bought a ticket to the coast / slept in the train / asked a stranger for the way / wrote a postcard home / walked along the river road',
    trouble:
      'the last train had left / the map was out of date / the bag was on the wrong bus / the road ended at a river / the hotel was full / the wheel of the cart broke',
    remedy:
      'took a room for the night / followed the river north / asked the driver for help / shared a taxi with two students / repaired the wheel with rope / waited for the morning boat',
    fact: 'A compass points to the north. / Mountains look closer than they are. / The longest train rides take many days. / Old roads often follow rivers. / People who travel light walk faster. / Maps are smaller than the world.',
    sense:
      'the station was loud and busy / dust rose behind the bus / the mountains were blue in the distance / the night train shook softly / lights passed by the window',
  }),
  school: lists({
    place: 'the classroom / the library / the school yard / the science room / the music room / the long corridor',
    thing: 'notebook / pencil / blackboard / globe / lunch box / dictionary / ruler / paper boat / school bell',
    things: 'books / letters / numbers / lessons / questions / drawings / maps',
    worker: 'teacher / librarian / caretaker / new pupil / headmaster',
    todo: 'learn the poem / solve the puzzle / read a long book / draw a map / pass the test / answer the question',
    did: 'wrote the date on the board / read the first chapter / counted from one to a hundred / drew a map of the town / raised a hand and asked a question / learned ten new words',
    trouble:
      'nobody knew the answer / the chalk was broken / the homework was left on the bus / the lights went out in the lesson / two pages of the book were missing / the test was harder than before',
    remedy:
      'tried again with a clear head / asked the teacher to explain / shared a book with a friend / looked it up in the library / wrote the answer in small steps / studied until the evening',
    fact: 'A short walk helps people learn. / The alphabet has twenty-six letters. / A triangle has three sides. / Good questions are better than quick answers. / Libraries lend books for free. / Zero is an even number.',
    sense:
      'the room smelled of chalk and paper / the bell rang twice / the children talked all at once / rain tapped on the school windows / the library was very quiet',
  }),
  animals: lists({
    place: 'the farm / the forest / the barn / the edge of the woods / the zoo / the stable',
    thing: 'nest / saddle / feather / hen house / bucket of milk / dog basket / bird box / horse shoe / beehive',
    things: 'sheep / bees / horses / foxes / owls / rabbits / geese',
    worker: 'farmer / animal doctor / stable girl / bird watcher / beekeeper',
    todo: 'feed the horses / find the lost lamb / count the birds / milk the cow / brush the old dog / build a nest box',
    did: 'fed the hens before sunrise / followed the tracks of a fox / carried the lamb home / gave the horse a carrot / watched the owl in the dark / cleaned the stable',
    trouble:
      'the cow would not stand up / a fox came to the hen house / the cat was stuck in a tree / the bees left the hive / the dog had a thorn in its foot / the gate was open and the sheep were gone',
    remedy:
      'called them with a whistle / pulled the thorn out gently / mended the fence / put out a bowl of warm milk / climbed up with a rope / sat still until the animal came closer',
    fact: 'Owls can turn their heads very far. / Bees dance to show the way to flowers. / A horse can sleep standing up. / Foxes hunt at night. / Geese fly in the shape of an arrow. / Cats wash themselves many times a day. / Elephants remember paths for years.',
    sense:
      'the barn smelled of hay / an owl called from the woods / the sheep moved slowly over the grass / the horses were restless / bees hummed above the flowers',
  }),
  machines: lists({
    place: 'the workshop / the factory / the garage / the mill / the engine room / the repair shop',
    thing: 'clock / engine / pump / radio / sewing machine / gear / hammer / robot / lamp',
    things: 'screws / wheels / wires / tools / springs / batteries / belts',
    worker: 'mechanic / engineer / clockmaker / inventor / miller',
    todo: 'repair the clock / start the engine / oil the wheels / build a small robot / test the new pump / find the loose screw',
    did: 'opened the back of the clock / turned the big wheel by hand / drew a plan of the machine / cleaned the gears with oil / pressed the green button / tightened every screw',
    trouble:
      'the engine stopped with a bang / a spring jumped out / the belt was torn / there was no power / the wheel turned the wrong way / smoke came out of the box',
    remedy:
      'changed the broken part / joined the two wires again / made a new belt from leather / read the manual from the start / let the motor cool down / asked the old mechanic for a tool',
    fact: 'Oil keeps metal parts from rubbing. / A lever makes heavy things light. / Gears turn in opposite directions. / Electric motors use magnets. / A clock counts the swings of a pendulum. / Rust grows where iron is wet.',
    sense:
      'the workshop smelled of oil / the machine hummed quietly / sparks flew over the floor / a hundred clocks ticked / the engine was still warm',
  }),
  sea: lists({
    place: 'the harbor / the beach / the lighthouse / the island / the pier / the fishing boat',
    thing: 'net / anchor / shell / rowing boat / rope / bottle / oar / sail / wooden chest',
    things: 'waves / fish / gulls / boats / crabs / islands / shells',
    worker: 'fisherman / sailor / diver / boat builder / ferry woman',
    todo: 'sail to the island / catch a big fish / mend the net / learn to swim / look for shells / paint the boat',
    did: 'rowed out before dawn / pulled the net from the water / painted the boat blue / dived for shells / tied the boat to the pier / looked for ships on the horizon',
    trouble:
      'a wave filled the boat with water / the net was full of holes / the tide took the oars away / the wind died far from land / the anchor was stuck between rocks / a storm came from the west',
    remedy:
      'rowed with a broken board / bailed the water with a hat / waited for the next tide / followed the light of the tower / cut the rope and let it go / called a passing ship',
    fact: 'The moon pulls the tides. / Sea water is too salty to drink. / Crabs walk sideways. / Gulls follow fishing boats. / Lighthouses warn ships of rocks. / Whales breathe air like people. / Deep water is dark and cold.',
    sense:
      'the air tasted of salt / gulls cried above the pier / the water was flat like glass / foam ran over the sand / the boats knocked softly together',
  }),
  music: lists({
    place: 'the concert hall / the market square / the church / the practice room / the theater / the bandstand',
    thing: 'violin / drum / flute / piano / guitar / song book / trumpet / bell / music box',
    things: 'songs / notes / strings / drums / dancers / voices / rhythms',
    worker: 'singer / drummer / piano teacher / conductor / violin maker',
    todo: 'play the violin / learn a new song / sing in the choir / tune the piano / write a melody / dance all evening',
    did: 'played the same song three times / tapped the rhythm on the table / sang the high part / tuned the guitar / listened with closed eyes / wrote down a short melody',
    trouble:
      'a string broke in the first song / the drummer was too fast / nobody had brought the notes / the piano was out of tune / the singer lost her voice / the hall was too loud',
    remedy:
      'played on with three strings / counted the beat aloud / sang without the piano / drank some warm tea / practiced the hard part slowly / let the smallest child lead the choir',
    fact: 'Short strings make high notes. / A drum needs a tight skin. / Singing together slows the heart. / A flute sounds because air shakes. / Slow practice makes fast fingers. / Silence is a part of music.',
    sense:
      'a violin was playing far away / the hall was silent / drums echoed in the street / the last note hung in the air / people clapped for a long time',
  }),
  market: lists({
    place: 'the market / the corner shop / the fish stall / the flower stand / the bank / the town square',
    thing:
      'basket / bag of apples / price tag / scale / purse / wooden box / piece of cheese / silver coin / bunch of flowers',
    things: 'apples / coins / prices / customers / baskets / lemons / carpets',
    worker: 'shopkeeper / fruit seller / banker / flower girl / butcher',
    todo: 'sell the apples / buy a present / count the money / find a fair price / open a small shop / weigh the cheese',
    did: 'counted the coins twice / put the best apples in front / carried the baskets to the square / wrote the prices on a board / gave a lemon to a child / asked for a lower price',
    trouble:
      'a coin rolled into the drain / nobody wanted to buy anything / the scale was broken / the price was too high / a bag tore and the apples rolled away / the purse was empty',
    remedy:
      'gave every customer a smile / lowered the price a little / weighed everything by hand / traded cheese for eggs / picked up the apples one by one / paid the rest a day later',
    fact: 'Prices rise when things are rare. / A good seller listens first. / Money is only useful when people trust it. / Fresh fish does not smell. / Ripe melons sound hollow. / Markets are older than coins.',
    sense:
      'the square was full of voices / the stalls smelled of cheese and fruit / colors shone in the sun / a seller shouted the prices / bells rang for the market',
  }),
  garden: lists({
    place: 'the garden / the greenhouse / the orchard / the pond / the rose bed / the garden gate',
    thing:
      'apple tree / watering can / spade / rose bush / seed bag / pumpkin / wheelbarrow / garden bench / scarecrow',
    things: 'roses / seeds / weeds / tomatoes / snails / roots / leaves',
    worker: 'gardener / flower seller / tree cutter / neighbor / botanist',
    todo: 'plant the seeds / water the roses / pick the tomatoes / dig a pond / pull the weeds / cut the hedge',
    did: 'dug a row of small holes / watered the dry beds / pulled the weeds by hand / sat on the garden bench / picked a basket of tomatoes / raked the yellow leaves',
    trouble:
      'the snails ate the young leaves / the frost killed the flowers / the well was dry / a mole dug under the grass / the tree was full of dead wood / the seeds did not come up',
    remedy:
      'covered the beds with straw / carried water from the river / planted new seeds / cut the sick branches / put up a little fence / waited for a warmer week',
    fact: 'Worms make the soil rich. / Roots drink water from the ground. / Bees help apples to grow. / Trees grow slowly in the cold. / Some flowers close at night. / Seeds need warmth more than light.',
    sense:
      'the roses smelled sweet / the soil was dark and soft / apples lay in the grass / a frog jumped into the pond / the leaves were wet with dew',
  }),
  town: lists({
    place: 'the main street / the town hall / the post office / the park / the bridge by the mill / the old tower',
    thing: 'letter / street lamp / key / bicycle bell / newspaper / parcel / bench / fountain / door',
    things: 'letters / houses / neighbors / streets / windows / keys / cars',
    worker: 'postwoman / mayor / policeman / carpenter / tailor',
    todo: 'deliver the letters / paint the front door / find the lost key / meet the mayor / read the newspaper / visit an old neighbor',
    did: 'walked down the main street / knocked at the green door / carried a parcel to the post office / sat by the fountain / read the news aloud / greeted every neighbor',
    trouble:
      'the key did not fit / a letter had no name on it / the lamp in the street was dark / the elevator was stuck / the fountain was dry / someone had taken the wrong coat',
    remedy:
      'asked at every house / called the carpenter / tried the back door / put up a note on the wall / waited on the stairs / gave the coat back with a laugh',
    fact: 'Towns often begin at a bridge. / Letters need a stamp. / Street lamps turn on by themselves. / Narrow streets stay cool in summer. / Neighbors who talk help each other. / Old towers were built to see far.',
    sense:
      'the street was empty / lights came on in the windows / a bicycle bell rang / the fountain splashed quietly / the old clock struck {seven}',
    seven: 'three / five / seven / nine',
  }),
  space: lists({
    place: 'the observatory / the space station / the dark meadow / the launch pad / the planet house / the crater',
    thing: 'telescope / rocket / star map / space suit / moon stone / radio dish / satellite / rocket model / helmet',
    things: 'stars / planets / comets / rockets / signals / moons / craters',
    worker: 'astronomer / pilot / rocket builder / star guide / radio listener',
    todo: 'count the stars / build a rocket / look through the telescope / find a new comet / visit the moon / hear a signal',
    did: 'looked through the telescope / drew the moon in a notebook / checked the rocket twice / named a star after a friend / listened to the radio all night / learned the names of the planets',
    trouble:
      'clouds covered the whole sky / the telescope was not sharp / the signal was lost / the rocket fell back to the ground / the battery was too cold / the helmet did not close',
    remedy:
      'waited for a clear night / cleaned the glass with a soft cloth / turned the big dish to the south / changed one number in the plan / warmed the battery by hand / started the count again',
    fact: 'The sun is a star. / Light needs eight minutes from the sun to us. / The moon has no air. / Planets do not twinkle like stars. / A comet has a tail of dust and gas. / Jupiter is the largest planet near us. / A day on Venus is longer than its year.',
    sense:
      'the stars were very bright / the dome opened without a sound / the moon stood over the trees / the radio was full of noise / the night was clear and cold',
  }),
};
